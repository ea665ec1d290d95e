"""The parts of the house as the reference runs them, made by `grader release`."""
