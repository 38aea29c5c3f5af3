use super::*;

fn kinds(found: &[Secret]) -> Vec<&str> {
    found.iter().map(|secret| secret.kind.as_str()).collect()
}

fn variable(text: &str) -> Vec<Secret> {
    secrets([text], [], [])
}

fn step(text: &str) -> Vec<Secret> {
    secrets([], [], [text])
}

/// Tokens are put together here, so that nobody takes them for real ones.
fn token(parts: &[&str]) -> String {
    parts.concat()
}

const LETTERS: &str = "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8s9T0u1V2w3X4y5Z6a7B8c9D0e1F2";

fn letters(count: usize) -> &'static str {
    LETTERS.get(..count).unwrap()
}

#[test]
fn tokens_are_known_by_their_shape_wherever_they_are() {
    let upper = "QRSTUVWXYZ234567";
    let hex = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    let payload = token(&["ey", "J", letters(20), ".ey", "J", letters(30), ".", letters(40)]);
    for (kind, secret) in [
        ("private key", token(&["-----BEGIN ", "RSA PRIVATE KEY-----\nMIIE"])),
        ("private key", token(&["-----BEGIN ", "PRIVATE KEY-----"])),
        ("private key", token(&["-----BEGIN ", "OPENSSH PRIVATE KEY-----"])),
        ("AWS access key", token(&["AKI", "A", upper])),
        ("AWS access key", token(&["ASI", "A", upper])),
        ("GitHub token", token(&["gh", "p_", letters(36)])),
        ("GitHub token", token(&["github", "_pat_", letters(22), "_", letters(59)])),
        ("GitLab token", token(&["glp", "at-", letters(20)])),
        ("Slack token", token(&["xox", "b-", letters(24)])),
        ("Slack webhook", token(&["https://hooks.slack", ".com/services/T0/B0/", letters(24)])),
        ("Google API key", token(&["AI", "za", letters(35)])),
        ("JSON web token", payload),
        ("Stripe key", token(&["sk", "_live_", letters(24)])),
        ("npm token", token(&["np", "m_", letters(36)])),
        ("PyPI token", token(&["py", "pi-AgE", letters(60)])),
        ("Docker Hub token", token(&["dckr", "_pat_", letters(27)])),
        ("DigitalOcean token", token(&["do", "p_v1_", hex])),
        ("SendGrid key", token(&["S", "G.", letters(22), ".", letters(43)])),
        ("HashiCorp Vault token", token(&["hv", "s.", letters(24)])),
        ("password in a connection string", "postgres://app:hunter2@db.example/x".to_owned()),
        ("password in a connection string", "redis://:hunter2@db.example".to_owned()),
        ("password in a connection string", "Server=db;Database=x;User Id=sa;Password=hunter2;".to_owned()),
        ("HTTP credentials", "Authorization: Basic dXNlcjpodW50ZXIy".to_owned()),
    ] {
        for found in [
            variable(&format!("X={secret}")),
            secrets([], [("x", secret.as_str())], []),
            step(&format!("RUN /bin/sh -c curl -H '{secret}' https://a.example # buildkit")),
            step(&format!("/bin/sh -c #(nop)  ENV X={secret}")),
            step(&format!("|1 X={secret} /bin/sh -c make")),
        ] {
            assert_eq!(kinds(&found), [kind], "{secret}");
            let masked = &found[0].masked;
            let public = masked.split('…').next().unwrap();
            assert!(secret.contains(public) && public.len() <= 16 && !masked.contains(&secret), "{masked}");
        }
    }
}

#[test]
fn secrets_are_known_by_their_names() {
    for text in [
        "POSTGRES_PASSWORD=postgres",
        "DB_PASS=hunter2",
        "mysqlRootPassword=s3cret",
        "REDIS_PASSWORD=changeme",
        "API_KEY=5f4dcc3b5aa765d61d8327deb882cf99",
        "SECRET_KEY=django-insecure-7(w&x!y9)",
        "AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYzzzzzzzKEY",
        "SECRET_KEY_BASE=0c5b1f3e9a7d2846b0c5b1f3e9a7d284",
        "GITHUB_TOKEN=abcd1234efgh5678",
        "JAVA_OPTS=-Xmx1g -Djavax.net.ssl.keyStorePassword=hunter2",
    ] {
        assert_eq!(variable(text).len(), 1, "{text}");
        assert_eq!(step(&format!("ENV {text}")).len(), 1, "{text}");
        let value = text.split_once('=').unwrap().1;
        assert!(!format!("{:?}", variable(text)).contains(value), "{text}");
    }
    for text in [
        "export NPM_TOKEN=abcd1234efgh5678 && npm ci",
        "DB_PASSWORD=hunter2 make",
        "mysql --user root --password hunter2",
        "deploy --api-key=abcd1234efgh5678",
        "curl -u app:hunter2 https://a.example",
        "echo root:hunter2 | chpasswd",
        "echo 'root:hunter2' | chpasswd -e",
        "chpasswd <<< root:hunter2",
        "npm config set //r.example/:_authToken=abcd1234efgh5678",
        "sshpass -p hunter2 ssh a.example",
        "git clone https://ci:hunter2@a.example/x.git",
        "sh -c 'TOKEN=abcd1234efgh5678 make'",
    ] {
        assert_eq!(step(&format!("/bin/sh -c {text}")).len(), 1, "{text}: {:?}", step(text));
    }
    for text in
        ["COPY id_rsa /root/.ssh/id_rsa # buildkit", "/bin/sh -c #(nop) COPY file:3c2e in /root/.aws/credentials "]
    {
        assert_eq!(step(text).len(), 1, "{text}");
    }
    assert_eq!(step("CMD [\"app\" \"--token=abcd1234efgh5678\"]").len(), 1);
    assert_eq!(step("ADD https://ci:hunter2@a.example/x /x").len(), 1);
}

#[test]
fn what_is_harmless_is_left_alone() {
    for text in [
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "README_ADDITIONAL=x",
        "GPG_KEY=E3FF2839C048B25C084DEBE9B26995E310250568",
        "PYTHON_SHA256=b8d79530e3b7c96a5cb2d40d431ddb512af4a563e863728d8713039aa50203f9",
        "NODE_VERSION=22.11.0",
        "PGP_KEYS=8A94ED58A476A13AE0D6E85E9758078DE5308308",
        "PASSWORD=",
        "DB_PASSWORD=${DB_PASSWORD}",
        "DB_PASSWORD=$PASSWORD",
        "DB_PASSWORD_FILE=/run/secrets/db",
        "MYSQL_ROOT_PASSWORD=/run/secrets/root",
        "ALLOW_EMPTY_PASSWORD=yes",
        "MYSQL_RANDOM_ROOT_PASSWORD=1",
        "SECRET_KEY_BASE=dummy",
        "SECRET_KEY_BASE_DUMMY=1",
        "API_KEY=<your-api-key>",
        "API_TOKEN=xxxxxxxxxxxxxxxx",
        "TOKEN={{ token }}",
        "SECRET=changeit",
        "AUTH_TOKEN_TTL=86400",
        "TOKEN_ENDPOINT=https://login.example/token",
        "TOKENIZERS_PARALLELISM=false",
        "GOOGLE_APPLICATION_CREDENTIALS=/etc/key.json",
        "SECRET_BACKEND=hashicorp-vault",
        "KEYCLOAK_PASSWORD_POLICY=length(12) and digits(3)",
        "PIP_NO_CACHE_DIR=off",
        "DATABASE_URL=postgres://app@db.example/x",
        "DATABASE_URL=postgres://app:${PASSWORD}@db.example/x",
        "DATABASE_URL=postgres://user:<password>@db.example/x",
        "HTTP_PROXY=http://proxy.example:3128",
        "IMAGE=registry.example:5000/app@sha256:b8d79530e3b7c96a5cb2d40d431ddb512af4a563e863728d8713039aa50203f9",
        "AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE",
        "JAVA_OPTS=-Djavax.net.ssl.trustStorePassword=changeit",
        "LS_COLORS=rs=0:di=01;34",
    ] {
        assert_eq!(variable(text), [], "{text}");
        assert_eq!(step(&format!("/bin/sh -c #(nop)  ENV {text}")), [], "{text}");
    }
}

#[test]
fn commands_that_are_harmless_are_left_alone() {
    for text in [
        "update-ca-certificates",
        "echo 'b8d79530e3b7c96a5cb2d40d431ddb512af4a563e863728d8713039aa50203f9  x.tar' | sha256sum -c",
        "gpg --batch --keyserver hkps://keys.example --recv-keys E3FF2839C048B25C084DEBE9B26995E310250568",
        "curl -u app:$PASSWORD https://a.example",
        "echo \"root:$PASSWORD\" | chpasswd",
        "docker login --password-stdin < /run/secrets/x",
        "SECRET=$(cat /run/secrets/x) make",
        "if [ \"$TOKEN\" = abcd1234efgh5678 ]; then :; fi",
        "useradd --no-create-home --password '*' app",
        "apt-get install -y libsecret-tools password-store && passwd -d app",
        "npm ci --token-helper /bin/x",
        "set -eux; savedAptMark=\"$(apt-mark showmanual)\"",
        "sed -i 's/^#PermitRootPassword=no/PermitRootPassword=no/' x",
    ] {
        assert_eq!(step(&format!("RUN /bin/sh -c {text} # buildkit")), [], "{text}");
    }
    assert_eq!(
        secrets([], [("org.opencontainers.image.revision", "b8d79530e3b7c96a5cb2d40d431ddb512af4a563")], []),
        []
    );
    assert_eq!(step("COPY id_rsa.pub /x"), []);
    assert_eq!(step(""), []);
}

#[test]
fn a_secret_is_told_once() {
    let found = secrets(
        ["DB_PASSWORD=hunter2"],
        [],
        ["ENV DB_PASSWORD=hunter2", "|1 TOKEN=abcd1234efgh5678 /bin/sh -c a", "|1 TOKEN=abcd1234efgh5678 /bin/sh -c b"],
    );
    let places: Vec<&str> = found.iter().map(|secret| secret.place.as_str()).collect();
    assert_eq!(places, ["variable DB_PASSWORD", "step 2, argument TOKEN"]);
    assert_eq!(found[0].masked, "… (7 characters)");
}
