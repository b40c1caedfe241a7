"""The instructor's side: untrusted notebooks in, trusted marks out.

A hand-in goes through these steps, each a module with one kind of data in and one out:

    archives  a download     -> Uploads   whose each is, by the left end of its name
    guard     a folder       -> HandIn    regular files only, one notebook, nothing believed
    collect   HandIn         -> a folder  that nbgrader itself may touch
    rebuild   HandIn         -> Rebuilt   the student's cells in the source's notebook
    judge     Rebuilt        -> Verdict   cells run in a sandbox, tests in the grader's own process
    record    Verdicts       -> nbgrader's gradebook
    feedback  Verdict        -> one HTML page a student
    report    Verdicts       -> one HTML page about the class
    export    the gradebook  -> CSV and archives for where the hand-ins came from

`run_class` does it for a class: it asks the `store` for what is known, has the rest judged by Dask's workers
(`cluster`), each hand-in in a fresh fork of a process without threads (`supervise`, `grade`), and keeps every result.

The process that decides the mark never runs student code, and the process that runs student code never sees a test.
Between the two stand `session` (what runs where), `sandbox` (asked, listened to, killed), `proxies` (stand-ins for the
student's functions) and `inside.frames` (all that may cross). A sandbox is forked from a `nursery` that has imported
everything, or started by `bubblewrap` alone; `visible` says what is in it, `limits` and `syscalls` what is not granted.
`course` finds the folders, `nbgrader_steps` puts the same steps into `nbgrader autograde`.
"""

import sys

# jsonschema, which nbformat imports, builds a grammar of URIs if it can. That takes a second in each process, and no
# notebook has one that would be checked.
sys.modules.setdefault("rfc3987_syntax", None)
