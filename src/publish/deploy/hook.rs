//! The hook of the shared content repository: a push is checked, built and live, and the pusher is told.
//!
//! In: where things lie. Out: a shell script that serves as `pre-receive` and as `post-receive` of a bare repository.

use std::path::Path;

/// The script. `root` is the working folder that the pushed branch is laid out in, `store` the folder of releases.
#[must_use]
pub fn script(program: &Path, root: &Path, store: &Path, branch: &str) -> String {
    SCRIPT.replace("@PROGRAM@", &quoted(program)).replace("@ROOT@", &quoted(root)).replace("@STORE@", &quoted(store)).replace("@BRANCH@", branch)
}

/// A path as one word of the shell.
fn quoted(path: &Path) -> String {
    format!("'{}'", path.display().to_string().replace('\'', "'\\''"))
}

const SCRIPT: &str = r#"#!/bin/sh
# 由 portico deploy git-hook 生成。放进内容仓库（bare）的 hooks/ 目录，两个名字各一份：
#   hooks/pre-receive   推送前检查：按 sites/owners.yaml 拒绝改动别的单位的文件夹
#   hooks/post-receive  推送后发布：更新工作目录，生成，上线，把错误告诉推送的人
set -u
portico=@PROGRAM@
root=@ROOT@
store=@STORE@
branch=@BRANCH@
none=0000000000000000000000000000000000000000

check() {
  while read -r old new ref; do
    [ "$new" = "$none" ] && continue
    "$portico" owners --lang zh --repository "$GIT_DIR" "$old" "$new" || exit 1
  done
}

publish() {
  while read -r old new ref; do
    [ "$ref" = "refs/heads/$branch" ] && [ "$new" != "$none" ] || continue
    # 先后两次推送一个一个来，后到的等一等。
    exec 9>"$GIT_DIR/portico-publish.lock"
    flock 9
    new=$(git rev-parse "$ref")
    by=$(git log -1 --format='%cn <%ce>' "$new")
    # 有错误的稿件保留上一版，其余照常上线；去掉 --allow-errors 则一处有错、全部不发布。
    # 有发布监视（portico publish --watch）在运行时由它发布，快得多；没有时自己发布。
    "$portico" publish --lang zh --allow-errors --root "$root" --to "$store" --by "$by" --from "$GIT_DIR" --commit "$new"
    exec 9>&-
  done
}

GIT_DIR=$(cd "${GIT_DIR:-.}" && pwd)
export GIT_DIR
case "$(basename "$0")" in
  pre-receive) check ;;
  post-receive) publish ;;
  *) echo "请把本脚本命名为 pre-receive 或 post-receive" >&2; exit 2 ;;
esac
"#;
