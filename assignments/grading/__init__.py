"""The tools of the course: what makes, checks, grades and returns its assignments."""
