namespace Rescind;

/// <summary>The UTF-8 of everything in a token that a revocation can name, made once, so that a verdict only hashes.</summary>
internal sealed class ProbeTexts
{
    private ProbeTexts(byte[] issuer, ProbeText[] named, ProbeTag[] tags) => (Issuer, Named, Tags) = (issuer, named, tags);

    public byte[] Issuer { get; }

    /// <summary>Everything but the tags.</summary>
    public ProbeText[] Named { get; }

    /// <summary>
    /// Every top-level claim as a tag: a string's characters, any element of an array, a number's or boolean's raw JSON.
    /// </summary>
    public ProbeTag[] Tags { get; }

    /// <summary>The texts of a token whose signature a key of this thumbprint verified, if that is not its id.</summary>
    public static ProbeTexts Of(CompactJws jws, IssuerRecord record, Match token, string? thumbprint)
    {
        (string Name, byte[][] Values)[] claims =
            [.. jws.Claims.Members.Select(claim => (claim.Key, ValuesOf(claim.Value))).Where(claim => claim.Item2.Length > 0)];
        return new(
            Bytes(record.Issuer),
            [
                new(token.Kind, Bytes(token.Value!)),
                .. ByClaims(claims, record),
                new(MatchKind.Key, Bytes(jws.KeyId)),
                .. thumbprint is null || thumbprint == jws.KeyId
                    ? Array.Empty<ProbeText>() : [new(MatchKind.Key, Bytes(thumbprint))],
                new(MatchKind.Issuer, []),
            ],
            [.. claims.Select(claim => new ProbeTag(TagNames.MarkOf(claim.Name), Bytes(claim.Name), claim.Values))]);
    }

    /// <summary>Where every match that names the token is looked up. A value that is there twice comes twice.</summary>
    public List<UInt128> All(SipKey key)
    {
        var probe = new Probe(key, Issuer);
        List<UInt128> probes = [.. Named.Select(named => probe.Of(named.Kind, [], named.Value))];
        foreach (var tag in Tags)
        {
            probes.AddRange(tag.Values.Select(value => probe.Of(MatchKind.Tag, tag.Utf8Name, value)));
        }

        return probes;
    }

    // The kinds that name more than the one token, each by the claim that this issuer has for it, if it has one.
    private static IEnumerable<ProbeText> ByClaims((string Name, byte[][] Values)[] claims, IssuerRecord record) =>
        from kind in MatchKinds.All
        where kind.NamesSessions && kind.Claim is not null
        let name = kind.Claim!(record.Claims)
        from claim in claims
        where name.Length > 0 && claim.Name == name
        from value in claim.Values
        select new ProbeText(kind.Kind, value);

    private static byte[][] ValuesOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Array => [.. value.EnumerateArray().Select(ScalarOf).OfType<byte[]>()],
        _ => ScalarOf(value) is { } bytes ? [bytes] : [],
    };

    private static byte[]? ScalarOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => Bytes(value.GetString()!),
        JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => Bytes(value.GetRawText()),
        _ => null,
    };

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);
}

/// <summary>One kind of match that can name the token, and the value by which it does.</summary>
internal readonly record struct ProbeText(MatchKind Kind, byte[] Value);

/// <summary>
/// One top-level claim: its name, with its mark among <see cref="TagNames"/>, and each value by which a tag could name it.
/// </summary>
internal sealed record ProbeTag(int Mark, byte[] Utf8Name, byte[][] Values);
