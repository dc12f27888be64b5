//! `region template`.

use std::path::{Path, PathBuf};

use domain::template::{Template as Content, version_of};
use domain::time::{Clock as _, SystemClock};
use serde_json::Value;

use super::Invocation;
use crate::api::view::{Listed, Template};
use crate::api::{read, segment};
use crate::output::age::age;
use crate::output::table::table;
use crate::problem::{Field, Problem};
use crate::{Error, output};

/// Templates.
#[derive(Debug, clap::Subcommand)]
pub enum TemplateCommand {
    /// List the newest version of every template
    List,
    /// Show a template as it was sent
    Show {
        /// NAME or NAME@sha256:…
        template: String,
    },
    /// Publish a file; publishing the same again changes nothing
    Publish(FileArgs),
    /// Check a file here, without a region
    Validate(FileArgs),
}

/// A template's file.
#[derive(Debug, clap::Args)]
pub struct FileArgs {
    /// JSON file
    pub file: PathBuf,
    /// The template's name [default: the file's name without .json]
    #[arg(long)]
    pub name: Option<String>,
}

/// Runs one of them.
pub(crate) async fn run(invocation: &Invocation, command: TemplateCommand) -> Result<(), Error> {
    match command {
        TemplateCommand::List => list(invocation).await,
        TemplateCommand::Show { template } => show(invocation, &template).await,
        TemplateCommand::Publish(args) => publish(invocation, &args).await,
        TemplateCommand::Validate(args) => validate(invocation, &args),
    }
}

async fn list(invocation: &Invocation) -> Result<(), Error> {
    let answer = invocation.connection.api()?.get("/v1/templates?limit=500").await?;
    let listed: Listed = read("GET /v1/templates", &answer)?;
    let templates = listed
        .items
        .iter()
        .map(|item| read("GET /v1/templates", item))
        .collect::<Result<Vec<Template>, _>>()?;
    let now = SystemClock.now();
    invocation.output.print(&answer, || {
        let rows = templates.iter().map(|template| row(template, age(template.published_at, now))).collect();
        let nothing = "no templates yet: `region template publish FILE` publishes one";
        table(["template", "version", "apps", "cpu (milli)", "memory (MiB)", "published"], rows, nothing)
    })
}

fn row(template: &Template, age: String) -> [String; 6] {
    let resources = template.resources();
    let (cpu, memory) = (resources.cpu_millis.to_string(), resources.memory_mib.to_string());
    let apps = template.apps().join(", ");
    [template.name.clone(), short_version(&template.version), apps, cpu, memory, format!("{age} ago")]
}

/// Enough of a version to tell it from others at a glance.
fn short_version(version: &str) -> String {
    const CHARACTERS: usize = "sha256:".len() + 8;
    version.chars().take(CHARACTERS).collect()
}

async fn show(invocation: &Invocation, template: &str) -> Result<(), Error> {
    let path = match template.split_once('@') {
        Some((name, version)) => format!("/v1/templates/{}/versions/{}", segment(name), segment(version)),
        None => format!("/v1/templates/{}", segment(template)),
    };
    let answer = invocation.connection.api()?.get(&path).await?;
    let template: Template = read("GET /v1/templates", &answer)?;
    let title = format!("{}@{}", template.name, template.version);
    invocation.output.remark(&title);
    let content = if invocation.output.json { &answer } else { &template.template };
    output::line(&serde_json::to_string_pretty(content).unwrap_or_default())
}

async fn publish(invocation: &Invocation, args: &FileArgs) -> Result<(), Error> {
    let (name, body) = args.read()?;
    let path = format!("/v1/templates/{}/versions", segment(&name));
    let answer = invocation.connection.api()?.post(&path, &body).await?;
    let template: Template = read("POST /v1/templates", &answer)?;
    invocation.output.print(&answer, || format!("published {}@{}", template.name, template.version))
}

fn validate(invocation: &Invocation, args: &FileArgs) -> Result<(), Error> {
    let (name, body) = args.read()?;
    Content::parse(&body).map_err(|errors| mistakes(&args.file, &errors))?;
    let version = version_of(&body).map(|version| version.to_string()).unwrap_or_default();
    let answer = serde_json::json!({"name": name, "version": version});
    invocation.output.print(&answer, || format!("{}: a valid template, {version}", args.file.display()))
}

/// Local mistakes read like those that a region answers.
fn mistakes(file: &Path, errors: &[domain::field::FieldError]) -> Error {
    let field = |error: &domain::field::FieldError| Field {
        field: error.field.clone(),
        message: error.message.clone(),
        allowed: error.allowed.clone(),
    };
    let title = format!("{}: is no valid template.", file.display());
    Problem { title, status: 422, errors: errors.iter().map(field).collect(), ..Problem::default() }.into()
}

impl FileArgs {
    /// The template's name and content.
    fn read(&self) -> Result<(String, Value), Error> {
        let text = std::fs::read_to_string(&self.file).map_err(Error::file(&self.file))?;
        let body = serde_json::from_str(&text)
            .map_err(|error| Error::Usage(format!("{}: not JSON: {error}", self.file.display())))?;
        let stem = self.file.file_stem().map(|stem| stem.to_string_lossy().into_owned());
        let name = self.name.clone().or(stem).unwrap_or_default();
        name.parse::<domain::id::TemplateName>()
            .map_err(|error| Error::Usage(format!("{error}; `{name}` is not: give one with --name")))?;
        Ok((name, body))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_with_mistakes_names_each_field() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("lab.json");
        std::fs::write(&file, r#"{"machines":[]}"#).unwrap();
        let args = FileArgs { file, name: None };
        let (name, body) = args.read().unwrap();
        assert_eq!(name, "lab");
        let error = mistakes(&args.file, &Content::parse(&body).unwrap_err());
        assert_eq!(error.exit(), crate::error::Exit::Usage);
        assert!(
            error.to_string().contains("field `machines`: has 0 entries; allowed: 1 to 16 entries"),
            "{error}"
        );
    }

    #[test]
    fn a_file_that_cannot_name_a_template_asks_for_a_name() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("My Lab.json");
        std::fs::write(&file, "{}").unwrap();
        let error = FileArgs { file, name: None }.read().unwrap_err().to_string();
        assert!(error.contains("--name"), "{error}");
    }
}
