"""What other packages offer: named methods and evaluations, guards around encoders, and templates for packages of
encoders and papers."""
