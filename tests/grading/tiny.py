# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
#   course:
#     title: Tiny
#     allow: [numpy]
#     call_seconds: 1
#     cells_seconds: 3
#     memory_mb: 256
# ---

# %% [markdown] nbgrader={"grade": false, "grade_id": "task", "locked": true, "schema_version": 3, "solution": false, "task": false}
# Two functions, a class, a number and a sentence.

# %% nbgrader={"grade": false, "grade_id": "imports", "locked": true, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from course_lib.testing import case, check_arguments_kept, check_array, check_cases, check_integer

# %% nbgrader={"grade": false, "grade_id": "double", "locked": false, "schema_version": 3, "solution": true, "task": false}
def double(x):
    """Twice the array."""
    ### BEGIN SOLUTION
    return 2 * x
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_double", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
# Behaviour: twice as much
check_array(double(np.array([1.0, 2.0])), [2.0, 4.0])
### BEGIN HIDDEN TESTS
secret_oracle = lambda x: x + x  # nobody may see this line
check_cases(double, secret_oracle, [case(rng.standard_normal(n)) for n in (1, 2, 3, 5)])
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_kept", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: input left alone
check_array(double(np.array([3.0])), [6.0])
check_arguments_kept(double, case(np.array([1.0, 2.0])))

# %% nbgrader={"grade": false, "grade_id": "total", "locked": false, "schema_version": 3, "solution": true, "task": false}
def total(numbers):
    """The sum of a list of whole numbers."""
    ### BEGIN SOLUTION
    return sum(numbers)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_total", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Behaviour: the sum
check_integer(total([1, 2]), 3)
### BEGIN HIDDEN TESTS
for n in range(4):
    numbers = [int(i) for i in rng.integers(1, 1000, n)]
    check_integer(total(numbers), sum(numbers))
### END HIDDEN TESTS

# %% nbgrader={"grade": false, "grade_id": "Counter", "locked": false, "schema_version": 3, "solution": true, "task": false}
class Counter:
    """Counts: `step(n)` adds n and returns the count, which is also in `count`."""
    ### BEGIN SOLUTION
    def __init__(self, start=0):
        self.count = start

    def step(self, n=1):
        self.count += n
        return self.count
    ### END SOLUTION

lucky = 0
### BEGIN SOLUTION
lucky = 42
### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "test_counter", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Behaviour: counts
counter = Counter(start=5)
check_integer(counter.step(), 6)
### BEGIN HIDDEN TESTS
n = int(rng.integers(2, 100))
check_integer(counter.step(n), 6 + n)
check_integer(counter.count, 6 + n)
### END HIDDEN TESTS

# %% nbgrader={"grade": true, "grade_id": "test_lucky", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Behaviour: the number
check_integer(lucky % 2, 0)
### BEGIN HIDDEN TESTS
check_integer(lucky, 42)
### END HIDDEN TESTS

# %% [markdown] nbgrader={"grade": true, "grade_id": "essay", "locked": false, "points": 4, "schema_version": 3, "solution": true, "task": false}
# YOUR ANSWER HERE
