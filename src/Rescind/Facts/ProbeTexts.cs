namespace Rescind;

/// <summary>The UTF-8 of everything in a token that a revocation can name, made once, so that a verdict only hashes.</summary>
internal sealed class ProbeTexts
{
    private ProbeTexts(ProbeTag[] tags) => Tags = tags;

    public byte[] Issuer { get; private set; } = [];

    public MatchKind TokenKind { get; private set; }

    public byte[] Token { get; private set; } = [];

    public byte[]? Session { get; private set; }

    public byte[]? Subject { get; private set; }

    public byte[]? Client { get; private set; }

    public byte[] Key { get; private set; } = [];

    public byte[]? Thumbprint { get; private set; }

    public ProbeTag[] Tags { get; }

    /// <summary>
    /// Every top-level claim as a tag: a string's characters, any element of an array, a number's or boolean's raw JSON.
    /// </summary>
    public static ProbeTexts Of(ClaimTable claims) =>
        new([.. claims.Members
            .Select(claim => new ProbeTag(TagNames.MarkOf(claim.Key), Encoding.UTF8.GetBytes(claim.Key), ValuesOf(claim.Value)))
            .Where(tag => tag.Values.Length > 0)]);

    public void Name(TokenFacts facts, string? thumbprint)
    {
        Issuer = Encoding.UTF8.GetBytes(facts.Issuer);
        TokenKind = facts.Token.Kind;
        Token = Encoding.UTF8.GetBytes(facts.Token.Value!);
        Session = Bytes(facts.SessionId);
        Subject = Bytes(facts.Subject);
        Client = Bytes(facts.ClientId);
        Key = Encoding.UTF8.GetBytes(facts.KeyId);
        Thumbprint = thumbprint == facts.KeyId ? null : Bytes(thumbprint);
    }

    /// <summary>Where every match that names the token is looked up. A value that is there twice comes twice.</summary>
    public List<UInt128> All(SipKey key)
    {
        var probe = new Probe(key, Issuer);
        List<UInt128> probes =
            [probe.Of(TokenKind, [], Token), probe.Of(MatchKind.Key, [], Key), probe.Of(MatchKind.Issuer, [], [])];
        Add(MatchKind.Session, Session);
        Add(MatchKind.Subject, Subject);
        Add(MatchKind.Client, Client);
        Add(MatchKind.Key, Thumbprint);
        foreach (var tag in Tags)
        {
            probes.AddRange(tag.Values.Select(value => probe.Of(MatchKind.Tag, tag.Utf8Name, value)));
        }

        return probes;

        void Add(MatchKind kind, byte[]? value)
        {
            if (value is not null)
            {
                probes.Add(probe.Of(kind, [], value));
            }
        }
    }

    private static byte[][] ValuesOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Array => [.. value.EnumerateArray().Select(ScalarOf).OfType<byte[]>()],
        _ => ScalarOf(value) is { } bytes ? [bytes] : [],
    };

    private static byte[]? ScalarOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => Bytes(value.GetString()),
        JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => Bytes(value.GetRawText()),
        _ => null,
    };

    private static byte[]? Bytes(string? text) => text is null ? null : Encoding.UTF8.GetBytes(text);
}

/// <summary>
/// One top-level claim: its name, with its mark among <see cref="TagNames"/>, and each value by which a tag could name it.
/// </summary>
internal sealed record ProbeTag(int Mark, byte[] Utf8Name, byte[][] Values);
