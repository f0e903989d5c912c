"""Which features a fold uses: screened, made anew, judged by importance, and on record."""
