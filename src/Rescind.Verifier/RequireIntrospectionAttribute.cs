namespace Rescind.Verifier;

/// <summary>
/// A route where the Authority is asked about every token (RFC 7662), after the replica found it valid: certainty for a
/// round trip. A token known to be dead is 401 without asking. No answer within two seconds is 503 with
/// <c>Retry-After</c>, and so is a token of another issuer, of which the Authority knows nothing. Refuses to start on a
/// route that lets anybody in (RSC3011), and without the Authority's URL (RSC3010).
/// </summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method)]
public sealed class RequireIntrospectionAttribute : Attribute;
