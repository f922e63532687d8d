namespace Rescind.Client.Requests;

/// <summary>
/// One challenge of a WWW-Authenticate line (RFC 9110 sections 11.2, 11.3 and 11.6.1): a scheme, and either parameters
/// or a token68. Read strictly: of a line that breaks the grammar nothing is believed.
/// </summary>
internal sealed class Challenge(string scheme)
{
    private readonly Dictionary<string, string> _parameters = new(StringComparer.OrdinalIgnoreCase);

    public string Scheme => scheme;

    /// <summary>A parameter's value; null if it is not there.</summary>
    public string? this[string name] => _parameters.GetValueOrDefault(name);

    /// <summary>All challenges of a line; none if it breaks the grammar.</summary>
    public static IReadOnlyList<Challenge> Read(string line) =>
        new ChallengeReader(line).TryRead(out var challenges) ? challenges : [];

    /// <summary>False for a name that is there already: each occurs at most once (BT-4).</summary>
    public bool TryAdd(string name, string value) => _parameters.TryAdd(name, value);
}
