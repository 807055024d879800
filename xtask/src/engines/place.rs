//! Where the engines live on disk, and whom they run as.

use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{Result, scratch, workspace};

/// PostgreSQL refuses to run as root, so root runs the servers as this user, made on first use.
const USER: &str = "polity";

pub(crate) struct Place {
    /// Holds `services.env`, where the tests look for it.
    state: PathBuf,
    /// Holds what was installed. It is `state`, unless another user could not enter it.
    root: PathBuf,
    /// Holds the data of the servers.
    data: PathBuf,
    /// Held while we live: two of us at once would start everything twice.
    _lock: File,
    /// The user and group ids to run servers as; `None` when we are an ordinary user already.
    pub(crate) user: Option<(u32, u32)>,
}

impl Place {
    pub(crate) fn find() -> Result<Self> {
        let state = match std::env::var_os("POLITY_ENGINES_ROOT") {
            Some(path) => std::path::absolute(path).map_err(|e| format!("POLITY_ENGINES_ROOT: {e}"))?,
            None => workspace().join("target/engines"),
        };
        create(&state)?;
        let lock = lock(&state.join("lock"))?;
        let we_are_root = fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0);
        if !we_are_root {
            let data = data_of(&state);
            return Ok(Self { root: state.clone(), data, state, _lock: lock, user: None });
        }
        // A checkout below `/root` or a private temporary folder is closed to the user whom the servers run as.
        let root = if open_to_all(&state) { state.clone() } else { elsewhere(&state) };
        create(&root)?;
        Ok(Self { state, data: data_of(&root), root, _lock: lock, user: Some(server_user()?) })
    }

    pub(crate) fn services_env(&self) -> PathBuf {
        self.state.join("services.env")
    }

    /// Unpacked Debian packages: `usr/bin` and so on are below it.
    pub(crate) fn debian(&self) -> PathBuf {
        self.root.join("debian")
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// The folder of the servers' data, which goes when they end.
    pub(crate) fn data(&self) -> &Path {
        &self.data
    }

    /// A program that can be called as it stands: see [`Place::write_program`].
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.root.join("bin").join(name)
    }

    /// Writes a script `bin/NAME` that runs `command` with the unpacked libraries. `exec` keeps the process id.
    pub(crate) fn write_program(&self, name: &str, command: &str) -> Result {
        let debian = self.debian();
        let debian = debian.display();
        let python = self.path("python");
        let script = format!(
            "#!/bin/sh\n\
             LD_LIBRARY_PATH={debian}/usr/lib/x86_64-linux-gnu:{debian}/lib/x86_64-linux-gnu\
             :{debian}/usr/lib/x86_64-linux-gnu/blas:{debian}/usr/lib/x86_64-linux-gnu/lapack\n\
             PROJ_LIB={debian}/usr/share/proj PYTHONPATH={python} PYTHONDONTWRITEBYTECODE=1\n\
             export LD_LIBRARY_PATH PROJ_LIB PYTHONPATH PYTHONDONTWRITEBYTECODE\n\
             exec {command} \"$@\"\n",
            python = python.display(),
        );
        create(&self.path("bin"))?;
        let file = self.program(name);
        let written = fs::write(&file, script).and_then(|()| fs::set_permissions(&file, mode(0o755)));
        written.map_err(|e| format!("cannot write {}: {e}", file.display()))
    }

    /// An empty folder that the servers' user may write.
    pub(crate) fn fresh_data(&self, name: &str) -> Result<PathBuf> {
        let folder = self.data.join(name);
        let _ = fs::remove_dir_all(&folder);
        create(&folder)?;
        if let Some((user, group)) = self.user {
            std::os::unix::fs::chown(&folder, Some(user), Some(group))
                .map_err(|e| format!("cannot hand {} to `{USER}`: {e}", folder.display()))?;
        }
        Ok(folder)
    }
}

pub(crate) fn create(folder: &Path) -> Result {
    fs::create_dir_all(folder).map_err(|e| format!("cannot create {}: {e}", folder.display()))
}

pub(crate) fn mode(bits: u32) -> fs::Permissions {
    fs::Permissions::from_mode(bits)
}

/// Waits until nobody else holds the lock.
fn lock(file: &Path) -> Result<File> {
    let locked = File::create(file).and_then(|open| open.lock().map(|()| open));
    locked.map_err(|e| format!("cannot lock {}: {e}", file.display()))
}

/// Whether everybody may enter `folder` and every folder above it.
fn open_to_all(folder: &Path) -> bool {
    folder.ancestors().all(|f| fs::metadata(f).is_ok_and(|m| m.mode() & 0o001 != 0))
}

fn elsewhere(state: &Path) -> PathBuf {
    Path::new("/var/tmp").join(name_of(state))
}

fn data_of(root: &Path) -> PathBuf {
    let (in_memory, on_disk) = (Path::new(scratch::MEMORY).join(name_of(root)), root.join("data"));
    // Servers that run have their data where there was room when they started.
    let started = [&in_memory, &on_disk].into_iter().find(|folder| folder.exists());
    let chosen = || if scratch::in_memory().is_some() { &in_memory } else { &on_disk };
    started.unwrap_or_else(chosen).clone()
}

/// A name of its own for the engines of each folder.
fn name_of(folder: &Path) -> String {
    let mut hash = DefaultHasher::new();
    folder.hash(&mut hash);
    format!("polity-engines-{:016x}", hash.finish())
}

fn server_user() -> Result<(u32, u32)> {
    if let Some(ids) = ids_of(USER) {
        return Ok(ids);
    }
    let made = Command::new("useradd")
        .args(["--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin", USER])
        .status();
    match made {
        Ok(status) if status.success() => {
            ids_of(USER).ok_or_else(|| format!("cannot find the new user `{USER}`"))
        }
        Ok(status) => {
            Err(format!("cannot create the user `{USER}` to run the servers as: useradd, {status}"))
        }
        Err(e) => Err(format!("cannot create the user `{USER}` to run the servers as: useradd: {e}")),
    }
}

/// User and group id, from `/etc/passwd`: name, password, user, group, …
fn ids_of(name: &str) -> Option<(u32, u32)> {
    let passwd = fs::read_to_string("/etc/passwd").ok()?;
    let mut fields =
        passwd.lines().map(|line| line.split(':')).find_map(|mut f| (f.next()? == name).then_some(f))?;
    let user = fields.nth(1)?.parse().ok()?;
    let group = fields.next()?.parse().ok()?;
    Some((user, group))
}
