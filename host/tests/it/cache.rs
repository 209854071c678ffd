//! Code that was compiled ahead of time.

use std::fs;
use std::path::{Path, PathBuf};

use portcullis_host::{CodeCache, Settings, Template};

use crate::guest::{engine, module};

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    folder
}

fn files(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
}

#[test]
fn code_is_kept_once_for_each_module_and_setting_and_damaged_code_is_compiled_anew() {
    let folder = folder("code-cache");
    let cache = CodeCache::new(&folder).unwrap();
    let with_clock = engine(Settings::default());
    let module = module("decide");
    let make = |engine: &_| Template::new(engine, &module, Some(&cache)).unwrap();
    make(&with_clock);
    let [file] = files(&folder).try_into().unwrap();
    let whole = fs::read(&file).unwrap();
    make(&with_clock);
    assert_eq!(files(&folder).len(), 1);
    for broken in [&whole[..40], &[], &[0; 100]] {
        fs::write(&file, broken).unwrap();
        make(&with_clock);
        assert_eq!(fs::read(&file).unwrap().len(), whole.len());
    }
    make(&engine(Settings { deadlines: None, ..Settings::default() }));
    assert_eq!(files(&folder).len(), 2, "code without checks of the clock is other code");
}

#[cfg(unix)]
#[test]
fn a_folder_that_others_may_write_to_is_no_cache() {
    use std::os::unix::fs::PermissionsExt;

    let folder = folder("open-code-cache");
    fs::create_dir_all(&folder).unwrap();
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o777)).unwrap();
    let error = CodeCache::new(&folder).unwrap_err().to_string();
    assert!(error.contains("others may write to it"), "{error}");
}
