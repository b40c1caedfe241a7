"""What runs inside the sandbox, next to the student's code. Standard library and NumPy only
(`inline` is for Matplotlib itself to import).

This folder is bound read-only into every sandbox. `frames` is read on both sides of the wall; nothing else here is
ever executed by the process that decides the mark.
"""
