"""Other people's code: a first package for an encoder, and every encoder under guard."""
