"""Who takes part and who sits at the desk: teams, members, codes, sign-in, what is said, what is kept of persons."""
