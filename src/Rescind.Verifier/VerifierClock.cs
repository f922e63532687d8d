namespace Rescind.Verifier;

/// <summary>The two seams of the world outside: time and randomness.</summary>
internal sealed record VerifierClock(TimeProvider Time, Entropy Entropy);
