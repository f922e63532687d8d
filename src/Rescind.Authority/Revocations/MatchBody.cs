namespace Rescind.Authority.Revocations;

/// <summary>A match in JSON: exactly one member, called as its kind. A digest is answered as the token that it is of.</summary>
internal sealed record MatchBody
{
    public string? Token { get; init; }

    public string? Session { get; init; }

    public string? Subject { get; init; }

    public string? Client { get; init; }

    public TagBody? Tag { get; init; }

    public string? Key { get; init; }

    public bool? Issuer { get; init; }

    public static MatchBody Of(Match match) => match.Kind switch
    {
        MatchKind.Token or MatchKind.Digest => new() { Token = match.Value },
        MatchKind.Session => new() { Session = match.Value },
        MatchKind.Subject => new() { Subject = match.Value },
        MatchKind.Client => new() { Client = match.Value },
        MatchKind.Tag => new() { Tag = new() { Name = match.Name!, Value = match.Value! } },
        MatchKind.Key => new() { Key = match.Value },
        _ => new() { Issuer = true },
    };

    /// <summary>Whether it has exactly one member.</summary>
    public bool IsOne()
    {
        object?[] members = [Token, Session, Subject, Client, Tag, Key, Issuer];
        return members.Count(static member => member is not null) == 1;
    }

    /// <summary>The match; throws <see cref="ArgumentException"/> if its one member is none.</summary>
    public Match ToMatch() => this switch
    {
        { Token: { } jti } => Match.Token(jti),
        { Session: { } sid } => Match.Session(sid),
        { Subject: { } subject } => Match.Subject(subject),
        { Client: { } client } => Match.Client(client),
        { Tag: { } tag } => Match.Tag(tag.Name, tag.Value),
        { Key: { } kid } => Match.Key(kid),
        { Issuer: true } => Match.Issuer,
        _ => throw new ArgumentException("No match."),
    };
}

internal sealed record TagBody
{
    public required string Name { get; init; }

    public required string Value { get; init; }
}
