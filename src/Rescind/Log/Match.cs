using System.Text;

namespace Rescind;

/// <summary>
/// What a revocation names, always under one issuer. Values are compared as exact bytes: no case folding, no Unicode
/// normalisation (JWT-4, T-24). Immutable; equality is ordinal.
/// </summary>
public sealed record Match
{
    /// <summary>The longest name or value, in UTF-8 bytes (T-26).</summary>
    public const int MaxValueBytes = 1024;

    // Throws on lone surrogates: they have no UTF-8 form, so no token can carry them.
    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    private Match(MatchKind kind, string? name, string? value)
    {
        Kind = kind;
        Name = name;
        Value = value;
    }

    /// <summary>What is named.</summary>
    public MatchKind Kind { get; }

    /// <summary>The claim name of a <see cref="MatchKind.Tag"/>; otherwise null.</summary>
    public string? Name { get; }

    /// <summary>The value; null for <see cref="MatchKind.Issuer"/> alone. A digest is the base64url of its 32 bytes.</summary>
    public string? Value { get; }

    /// <summary>One access token by its <c>jti</c>.</summary>
    public static Match Token(string jti) => new(MatchKind.Token, null, Checked(jti));

    /// <summary>One token without <c>jti</c>, by the base64url SHA-256 of its signing input (T-14).</summary>
    public static Match Digest(string digest) => new(MatchKind.Digest, null, Checked(digest));

    /// <summary>Everything of one session.</summary>
    public static Match Session(string sid) => new(MatchKind.Session, null, Checked(sid));

    /// <summary>Everything of one subject.</summary>
    public static Match Subject(string sub) => new(MatchKind.Subject, null, Checked(sub));

    /// <summary>Everything issued to one client.</summary>
    public static Match Client(string clientId) => new(MatchKind.Client, null, Checked(clientId));

    /// <summary>
    /// Everything whose top-level claim <paramref name="name"/> has <paramref name="value"/>: a string's characters,
    /// any element of an array, or a number's or boolean's raw JSON.
    /// </summary>
    public static Match Tag(string name, string value) => new(MatchKind.Tag, Checked(name), Checked(value));

    /// <summary>Everything signed by one key.</summary>
    public static Match Key(string kid) => new(MatchKind.Key, null, Checked(kid));

    /// <summary>Everything of the issuer.</summary>
    public static Match Issuer { get; } = new(MatchKind.Issuer, null, null);

    /// <summary>
    /// A match from its parts, as they stand in the log; throws <see cref="ArgumentException"/> if they are not a match.
    /// </summary>
    public static Match From(MatchKind kind, string? name, string? value)
    {
        return MatchKinds.Find(kind) is { } traits && traits.HasName == (name is not null)
            && traits.HasValue == (value is not null)
            ? new(kind, name is null ? null : Checked(name), value is null ? null : Checked(value))
            : throw new ArgumentException("The parts are not a match.", nameof(kind));
    }

    /// <summary>Whether <paramref name="effect"/> may be laid on this match (design table of matches and effects).</summary>
    /// <param name="effect">The effect.</param>
    /// <param name="ownIssuer">
    /// Whether the match is under the Authority's own issuer, where the whole issuer cannot be blocked.
    /// </param>
    public bool Allows(Effect effect, bool ownIssuer) =>
        MatchKinds.Of(Kind).Allows(effect) && !(ownIssuer && effect is Effect.Block && Value is null);

    /// <summary>Whether <see cref="Effect.End"/> on this match needs no cutoff: token, digest, session and key (G5).</summary>
    public bool EndsUnconditionally => MatchKinds.Of(Kind).EndsUnconditionally;

    /// <summary>Whether a match can hold <paramref name="text"/>, which has a UTF-8 form.</summary>
    internal static bool CanHold(string text) => text.Length > 0 && StrictUtf8.GetByteCount(text) <= MaxValueBytes;

    private static string Checked(string text)
    {
        ArgumentException.ThrowIfNullOrEmpty(text);
        if (!CanHold(text))
        {
            throw new ArgumentException($"A match is at most {MaxValueBytes} bytes of UTF-8.", nameof(text));
        }

        return text;
    }
}
