//! Where manifests come from: files, folders, standard input; and what is wrong with them.

use std::fs;

use crate::run::{folder, run, run_with, run_words};

fn pod(name: &str) -> String {
    format!(
        "{{apiVersion: v1, kind: Pod, metadata: {{name: {name}, namespace: a}}, spec: {{containers: [{{name: c, image: i}}]}}}}\n"
    )
}

/// The pods that a run knows of, taken from its complaint about one that is not there.
fn known(words: &[&str]) -> String {
    let mut args = vec!["eval", "--from", "a/none", "--to", "192.0.2.1", "--port", "1"];
    args.extend(words);
    let ran = run_words(&args, pod("stdin").as_bytes());
    let known = ran.stderr.split("namespace `a` has ").nth(1).unwrap_or(&ran.stderr);
    known.trim().replace(['`', ','], "")
}

#[test]
fn folders_are_read_whole_without_hidden_and_foreign_files() {
    let root = folder("input");
    let files = [
        "one.yaml",
        "two.yml",
        "three.json",
        "sub/deep/four.yaml",
        ".hidden.yaml",
        ".git/five.yaml",
        "six.txt",
        "seven.YAML",
    ];
    for (number, file) in files.into_iter().enumerate() {
        let path = root.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, pod(&format!("p{number}")).replace("kind: Pod", "\"kind\": \"Pod\"")).unwrap();
    }
    let path = |name: &str| root.join(name).to_str().unwrap().to_string();
    assert_eq!(known(&["-f", &path("")]), "a/p0 a/p1 a/p2 a/p3");
    assert_eq!(
        known(&["-f", &path("sub"), "-f", &path("six.txt")]),
        "a/p3 a/p6",
        "a file that is named is read"
    );
    assert_eq!(known(&["-f", &path("one.yaml"), "-f", "-"]), "a/p0 a/stdin");
    // A file that is reached twice is read once, else it would be a duplicate.
    let twice = run_words(
        &["validate", "-f", &path(""), "-f", &path("one.yaml"), "-f", &path("sub/../one.yaml")],
        b"",
    );
    assert_eq!((twice.code, twice.stdout.as_str()), (0, "valid: 4 objects\n"));
    let twice = run_words(&["validate", "-f", "-", "-f", "-"], pod("x").as_bytes());
    assert_eq!((twice.code, twice.stdout.as_str()), (0, "valid: 1 object\n"));
}

#[cfg(unix)]
#[test]
fn a_link_that_leads_back_up_ends_there() {
    let root = folder("links");
    fs::create_dir(root.join("sub")).unwrap();
    fs::write(root.join("sub/pod.yaml"), pod("x")).unwrap();
    std::os::unix::fs::symlink("..", root.join("sub/up")).unwrap();
    let ran = run_words(&["validate", "-f", root.to_str().unwrap()], b"");
    assert_eq!((ran.code, ran.stdout.as_str()), (0, "valid: 1 object\n"));
}

#[test]
fn what_is_not_there_is_said_and_exits_2() {
    let empty = folder("empty");
    for command in [
        "validate",
        "eval --from a/b --to a/c --port 1",
        "why --from a/b --to a/c --port 1",
        "replay --flows -",
    ] {
        let ran = run(&format!("{command} -f does/not/exist"));
        assert_eq!(ran.all(), "error: there is no file or folder `does/not/exist`\nexit 2\n", "{command}");
        let ran = run(&format!("{command} -f {}", empty.display()));
        assert_eq!(ran.code, 2, "{command}");
        assert!(ran.stderr.contains("holds no `.yaml`, `.yml` or `.json` file"), "{}", ran.stderr);
    }
}

#[test]
fn where_nothing_at_all_is_read_the_command_fails() {
    let folder = folder("silent");
    let path = |name: &str| folder.join(name).display().to_string();
    fs::write(folder.join("one.yaml"), "# nothing yet\n---\n").unwrap();
    fs::write(folder.join("two.yaml"), "").unwrap();
    let help = "; see whether what writes it failed, or write an empty `List` to mean none\nexit 2\n";
    let commands = [
        "validate",
        "lint",
        "list",
        "test",
        "suggest --flows -",
        "eval --from a/b --to a/c --port 1",
        "why --from a/b --to a/c --port 1",
        "fix --from a/b --to a/c --port 1 --want allow",
    ];
    for command in commands {
        let ran = run(&format!("{command} -f {}", folder.display()));
        let names = format!("`{}`, `{}`", path("one.yaml"), path("two.yaml"));
        assert_eq!(ran.all(), format!("error: there is no object in {names}{help}"), "{command}");
    }
    let silent = ["", "\n", "# a\n", "---\n...\n", "\u{feff}---\n"];
    for text in silent {
        let ran = run_with("validate -f -", text);
        assert_eq!(ran.all(), format!("error: there is no object in standard input{help}"), "{text:?}");
    }
    let ran = run_with("diff examples/diff/old -", "");
    assert!(ran.all().ends_with(help), "{}", ran.all());
    let some =
        ["{apiVersion: v1, kind: List, items: []}", "{apiVersion: v1, kind: Secret, metadata: {name: a}}"];
    for text in some {
        assert_eq!(run_with("validate -f -", text).code, 0, "{text:?}");
    }
    let beside = run_with(&format!("validate -f {} -f -", path("one.yaml")), pod("x"));
    assert_eq!(beside.all(), "valid: 1 object\nexit 0\n");
}

#[test]
fn bytes_that_are_no_text_are_a_problem_like_others() {
    let ran = run_with("validate -f - -o json", b"kind: Pod\nmetadata: \xff\xfe");
    assert_eq!(ran.code, 1);
    let report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let problem = &report["problems"][0];
    assert_eq!(
        (&problem["code"], &problem["line"], &problem["column"]),
        (&"not-utf8".into(), &2.into(), &11.into())
    );
    assert_eq!(run_with("eval -f - --from a/b --to a/c --port 1", b"\xff").code, 2);
}

#[test]
fn utf_16_with_its_mark_is_read_as_some_shells_write_it() {
    let text: Vec<u8> =
        "\u{feff}".encode_utf16().chain(pod("wide").encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let ran = run_with("validate -f -", text);
    assert_eq!((ran.code, ran.stdout.as_str()), (0, "valid: 1 object\n"));
}

#[test]
fn load_errors_stop_a_question_and_warnings_do_not() {
    let policy = |cidr: &str| {
        format!(
            "{}---\n{{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {{name: p, namespace: a}}, \
             spec: {{podSelector: {{}}, ingress: [{{from: [{{ipBlock: {{cidr: {cidr}}}}}]}}]}}}}\n",
            pod("x")
        )
    };
    let question = "eval -f - --from 10.9.9.9 --to a/x --port 1";
    let warned = run_with(question, policy("10.0.0.1/8"));
    assert_eq!(warned.code, 0, "{}", warned.all());
    assert!(
        warned.stderr.starts_with(
            "warning[cidr-host-bits]: NetworkPolicy a/p: spec.ingress[0].from[0].ipBlock.cidr: "
        )
    );
    assert!(warned.stdout.starts_with("allowed: 10.9.9.9 -> a/x, TCP 1\n"));
    let refused = run_with(question, policy("010.0.0.0/8"));
    assert_eq!((refused.code, refused.stdout.as_str()), (2, ""));
    assert!(refused.stderr.starts_with("error[leading-zeros]: "), "{}", refused.stderr);
    let json = run_with(&format!("{question} -o json"), policy("010.0.0.0/8"));
    let report: serde_json::Value = serde_json::from_str(&json.stderr).unwrap();
    assert_eq!((json.code, &report["valid"], &report["objects"]), (2, &false.into(), &2.into()));
}

#[test]
fn many_warnings_are_cut_where_nobody_asked_for_them() {
    let text: String = (0..30)
        .map(|n| format!("{}---\n", pod(&format!("x{n}")).replace("metadata: {", "metadata: {labls: {}, ")))
        .collect();
    let ran = run_with("eval -f - --from a/x1 --to a/x2 --port 1", &text);
    assert_eq!((ran.code, ran.stderr.matches("warning[").count()), (0, 20));
    assert!(
        ran.stderr.ends_with("and 10 more warnings, which `portcullis validate` lists\n"),
        "{}",
        ran.stderr
    );
    assert_eq!(run_with("validate -f -", &text).stdout.matches("warning[").count(), 30);
}

#[test]
fn the_namespace_of_the_command_line_is_that_of_objects_without_one() {
    let text = pod("x").replace(", namespace: a", "");
    let ran = run_with("eval -f - -n z --from z/x --to x --port 1", &text);
    assert!(ran.stdout.starts_with("allowed: z/x -> z/x, TCP 1\n"), "{}", ran.all());
    let ran = run_with("eval -f - --from default/x --to 192.0.2.1 --port 1", &text);
    assert_eq!(ran.code, 0, "{}", ran.all());
}

#[test]
fn colours_are_for_terminals() {
    let ran = run("eval -f examples/shop --from shop/web --to data/db --port 5432");
    assert!(!ran.stdout.contains('\u{1b}'));
}
