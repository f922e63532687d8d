namespace Rescind.Verifier;

/// <summary>
/// A route where the Authority is asked about every token (RFC 7662), after the replica found it valid: certainty for a
/// round trip. A token known to be dead is 401 without asking; no answer is 503. Tokens of other issuers are answered
/// 503 here. Refuses to start on a route that lets anybody in, and without the Authority's URL.
/// </summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method)]
public sealed class RequireIntrospectionAttribute : Attribute;
