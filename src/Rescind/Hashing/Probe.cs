namespace Rescind;

/// <summary>
/// Where in a set a match is looked up: a keyed hash over issuer, kind, name and value, each with its length, so that
/// no two matches have the same preimage (G5). The issuer is hashed once and kept as a midstate.
/// </summary>
internal readonly struct Probe
{
    private readonly SipHash _issuer;
    private readonly int _words;

    public Probe(SipKey key, ReadOnlySpan<byte> issuer)
    {
        _issuer = new(key);
        _issuer.Word((ulong)issuer.Length);
        _words = 1 + _issuer.Padded(issuer);
    }

    public UInt128 Of(MatchKind kind, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        var hash = _issuer;
        hash.Word((ulong)kind | ((ulong)name.Length << 8) | ((ulong)value.Length << 32));
        var words = _words + 1 + hash.Padded(name) + hash.Padded(value);
        return hash.Finish(words);
    }

    public static UInt128 Of(SipKey key, string issuer, Match match) =>
        new Probe(key, Bytes(issuer)).Of(match.Kind, Bytes(match.Name), Bytes(match.Value));

    private static byte[] Bytes(string? text) => Encoding.UTF8.GetBytes(text ?? "");
}
