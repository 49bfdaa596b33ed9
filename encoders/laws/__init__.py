"""The laws of an encoder by what they are about; `encoders.conformance.LAWS` lists them."""
