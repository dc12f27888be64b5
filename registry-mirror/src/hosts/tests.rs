use super::*;

fn mirror(url: &str) -> Mirror {
    let registries = vec!["docker.io".parse().unwrap(), "ghcr.io".parse().unwrap()];
    Mirror::new(url, registries, None).unwrap()
}

fn texts(mirror: &Mirror, engine: Engine) -> Vec<(String, String)> {
    let files = mirror.files(engine).into_iter();
    files.map(|file| (file.path.display().to_string(), file.text)).collect()
}

#[test]
fn containerd_falls_back_to_the_registry_itself() {
    let files = texts(&mirror("http://10.0.0.5:5050/"), Engine::Containerd);
    let paths: Vec<_> = files.iter().map(|(path, _)| &**path).collect();
    assert_eq!(
        paths,
        [
            "containerd/certs.d/docker.io/hosts.toml",
            "containerd/certs.d/ghcr.io/hosts.toml",
            "containerd/certs.d/_default/hosts.toml"
        ]
    );
    let host = "[host.\"http://10.0.0.5:5050\"]\n  capabilities = [\"pull\", \"resolve\"]\n  dial_timeout = \"1s\"\n";
    assert_eq!(files[0].1, format!("server = \"https://registry-1.docker.io\"\n\n{host}"));
    assert_eq!(files[1].1, format!("server = \"https://ghcr.io\"\n\n{host}"));
    assert_eq!(files[2].1, host);
}

#[test]
fn an_authority_is_named_to_containerd() {
    let ca_file = Some("/etc/pki/mirror \"ca\".crt".into());
    let mirror = Mirror::new("https://mirror.example", Vec::new(), ca_file).unwrap();
    let files = texts(&mirror, Engine::Containerd);
    assert!(files[0].1.contains("  ca = \"/etc/pki/mirror \\\"ca\\\".crt\"\n"), "{}", files[0].1);
}

#[test]
fn cri_o_and_podman_name_the_registry_in_the_path() {
    let files = texts(&mirror("http://10.0.0.5:5050"), Engine::Containers);
    assert_eq!(files.len(), 1);
    let hub = "[[registry]]\nprefix = \"docker.io\"\nlocation = \"docker.io\"\n\n[[registry.mirror]]\n\
               location = \"10.0.0.5:5050/docker.io\"\ninsecure = true\n";
    assert!(files[0].1.starts_with(hub), "{}", files[0].1);
    let encrypted = texts(&mirror("https://mirror.example"), Engine::Containers);
    assert!(!encrypted[0].1.contains("insecure"));
}

/// A colon in the path is refused by these engines, and then nothing is pulled at all.
#[test]
fn a_port_is_named_in_the_path_without_a_colon_or_the_registry_is_left_out() {
    let registries =
        ["registry.example:5000", "localhost:80", "registry:5000"].map(|name| name.parse().unwrap());
    let mirror = Mirror::new("http://m", registries.to_vec(), None).unwrap();
    let files = texts(&mirror, Engine::Containers);
    let lines: Vec<_> = files[0].1.lines().filter(|line| line.starts_with("location")).collect();
    let expected = ["registry.example:5000", "m/registry.example_5000", "localhost:80", "m/localhost_80"];
    assert_eq!(lines, expected.map(|place| format!("location = \"{place}\"")));
    let alone = Mirror::new("http://m", vec!["registry:5000".parse().unwrap()], None).unwrap();
    assert!(alone.files(Engine::Containers).is_empty());
}

#[test]
fn docker_gets_docker_hub_only() {
    let files = texts(&mirror("http://10.0.0.5:5050"), Engine::Docker);
    let daemon: serde_json::Value = serde_json::from_str(&files[0].1).unwrap();
    assert_eq!(daemon["registry-mirrors"][0], "http://10.0.0.5:5050");
    assert_eq!(daemon["insecure-registries"][0], "10.0.0.5:5050");
    let others = Mirror::new("http://m", vec!["ghcr.io".parse().unwrap()], None).unwrap();
    assert!(others.files(Engine::Docker).is_empty());
}

#[test]
fn an_address_that_could_be_something_else_is_refused() {
    for bad in
        ["10.0.0.5:5050", "ftp://m", "http://", "http://u@m", "http://m/v2", "http://m?x", "http://m\"]"]
    {
        assert_eq!(Mirror::new(bad, Vec::new(), None), Err(BadAddress), "{bad}");
    }
}
