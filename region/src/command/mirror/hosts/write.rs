//! Files of container engines, in place.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use registry_mirror::hosts::{Engine, File};
use serde_json::{Map, Value};

use crate::Error;

/// Writes a file below `folder`, beside which it lies for a moment, so that no engine reads half of it.
pub(super) fn write(folder: &Path, file: &File) -> Result<PathBuf, Error> {
    let path = folder.join(&file.path);
    let text = match file.engine {
        Engine::Docker => merged(&path, &file.text)?,
        Engine::Containerd | Engine::Containers => file.text.clone(),
    };
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(Error::file(parent))?;
    }
    let beside = path.with_extension("new");
    fs::write(&beside, text).map_err(Error::file(&beside))?;
    fs::rename(&beside, &path).map_err(Error::file(&path))?;
    Ok(path)
}

/// Docker has one file for everything: only our keys of it change.
fn merged(path: &Path, ours: &str) -> Result<String, Error> {
    let there = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(ours.to_owned()),
        Err(error) => return Err(Error::file(path)(error)),
    };
    let wrong = |error| Error::Failed(format!("{}: {error}; mend it first", path.display()));
    let mut daemon: Map<String, Value> = serde_json::from_str(&there).map_err(wrong)?;
    let ours: Map<String, Value> = serde_json::from_str(ours).map_err(wrong)?;
    for (key, values) in ours {
        add(daemon.entry(key).or_insert_with(|| Value::Array(Vec::new())), values);
    }
    Ok(format!("{:#}\n", Value::Object(daemon)))
}

/// Adds the entries of a list that are not in it yet.
fn add(list: &mut Value, values: Value) {
    let (Some(list), Value::Array(values)) = (list.as_array_mut(), values) else { return };
    for value in values {
        if !list.contains(&value) {
            list.push(value);
        }
    }
}

#[cfg(test)]
mod tests {
    use registry_mirror::hosts::Mirror;
    use serde_json::json;

    use super::*;

    fn files(engine: Engine) -> Vec<File> {
        Mirror::new("http://10.0.0.5:5050", vec!["docker.io".parse().unwrap()], None).unwrap().files(engine)
    }

    #[test]
    fn files_lie_where_engines_look() {
        let folder = tempfile::tempdir().unwrap();
        for file in files(Engine::Containerd) {
            let path = write(folder.path(), &file).unwrap();
            assert_eq!(fs::read_to_string(path).unwrap(), file.text);
        }
        let beside = folder.path().join("containerd/certs.d/docker.io");
        assert_eq!(fs::read_dir(beside).unwrap().count(), 1, "nothing stays beside it");
    }

    #[test]
    fn dockers_other_settings_stay() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("docker/daemon.json");
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, r#"{"log-driver":"local","registry-mirrors":["http://other"]}"#).unwrap();
        for _ in 0..2 {
            write(folder.path(), &files(Engine::Docker)[0]).unwrap();
        }
        let daemon: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        assert_eq!(daemon["log-driver"], "local");
        assert_eq!(daemon["registry-mirrors"], json!(["http://other", "http://10.0.0.5:5050"]));
        fs::write(&path, "{").unwrap();
        let error = write(folder.path(), &files(Engine::Docker)[0]).unwrap_err().to_string();
        assert!(error.contains("daemon.json") && fs::read_to_string(&path).unwrap() == "{", "{error}");
    }
}
