"""Do the published accuracy-versus-timestep results of DCT-SNN come out again, and how sure are we?"""
