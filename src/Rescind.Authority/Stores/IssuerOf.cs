namespace Rescind.Authority.Stores;

/// <summary>The record of an issuer; null if it is not registered.</summary>
internal sealed record IssuerOf(string Issuer) : Want<IssuerRecord?>;
