#!/usr/bin/env bash
# What the action runs: the command on the files, with the result on the page of the run. Asked by variables: COMMAND, FILES
# (one a line), BASE (a commit, for `diff`), ARGS, SUMMARY.
set -uo pipefail
portcullis="${PORTCULLIS:-${RUNNER_TEMP:?}/portcullis/bin/portcullis}"
mapfile -t files < <(printf '%s\n' "${FILES:-.}" | sed '/^[[:space:]]*$/d')
read -r -a more <<<"${ARGS:-}"

case "$COMMAND" in
diff)
  # A folder for each side, with the same files in it, so that `diff` sees just these.
  work="$(mktemp -d)"
  trap 'rm -rf "$work"' EXIT
  mkdir "$work/old" "$work/new"
  [ -n "${BASE:-}" ] || { echo 'diff needs `base`: the commit to compare with' >&2; exit 2; }
  git cat-file -e "$BASE^{commit}" 2>/dev/null || git fetch --quiet --depth=1 origin "$BASE" || exit 2
  for file in "${files[@]}"; do
    # What the base does not have yet is nothing there.
    git archive "$BASE" -- "$file" 2>/dev/null | tar -x -C "$work/old" 2>/dev/null
    cp -r --parents -- "$file" "$work/new" || exit 2
  done
  arguments=(diff "$work/old" "$work/new" -o md)
  ;;
*)
  arguments=("$COMMAND")
  for file in "${files[@]}"; do arguments+=(-f "$file"); done
  ;;
esac

output="$("$portcullis" "${arguments[@]}" ${more[@]+"${more[@]}"})"
code=$?
printf '%s\n' "$output"
[ -z "${GITHUB_OUTPUT:-}" ] || echo "code=$code" >>"$GITHUB_OUTPUT"
if [ "${SUMMARY:-true}" = true ] && [ -n "${GITHUB_STEP_SUMMARY:-}" ]; then
  {
    echo "### portcullis $COMMAND"
    if [ "$COMMAND" = diff ]; then printf '\n%s\n' "${output:-No connection changes.}"
    else printf '\n```text\n%s\n```\n' "$output"; fi
  } >>"$GITHUB_STEP_SUMMARY"
fi
exit "$code"
