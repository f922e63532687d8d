using System.Buffers;
using Microsoft.Extensions.Options;
using Rescind.Authority.Clients;
using Rescind.Authority.Keys;
using Rescind.Authority.Stores;

namespace Rescind.Authority.Tokens;

/// <summary>A signed access token. <paramref name="Text"/> is a secret: never logged, counted or shown.</summary>
internal sealed record AccessToken(string Text, string Id, TimeSpan ExpiresIn)
{
    /// <summary>Names the token by its id alone (G7).</summary>
    public override string ToString() => $"token {Id}";
}

/// <summary>Mints RFC 9068 access tokens. Called after the commit, on the request's thread; never inside a transaction.</summary>
internal sealed class TokenIssuer(KeyRing keys, IOptions<AuthorityOptions> options, TimeProvider time, Entropy entropy)
{
    /// <summary>
    /// How much of a token's life chance takes off, so that clients that started together do not refresh together.
    /// </summary>
    private const double Jitter = 0.05;

    /// <summary>Longer than the largest interval and the largest bound, in seconds.</summary>
    private const long CanaryLifetime = 150;

    /// <summary>A token of a session; <paramref name="head"/> is the committed head that its transaction read first.</summary>
    public AccessToken IssueFor(Session session, LogPosition head) =>
        Issue(head, session.ExpiresAt, writer => MintedClaims.Write(writer, session));

    /// <summary>
    /// A token for an API client: <c>aud</c> = <c>&lt;issuer&gt;/v1</c>, <c>sub</c> = <c>client:&lt;id&gt;</c>, no <c>sid</c>.
    /// </summary>
    public AccessToken IssueFor(ClientRecord client, IReadOnlyList<string> scopes, LogPosition head) =>
        Issue(head, long.MaxValue, writer => WriteClient(writer, client, scopes));

    /// <summary>A token for nobody: of an audience that no scheme takes, for as long as it is needed.</summary>
    public AccessToken IssueCanary(LogPosition head) =>
        Issue(head, time.GetUtcNow().ToUnixTimeSeconds() + CanaryLifetime, writer =>
        {
            var name = ReservedNames.CanaryAudience(options.Value.Issuer!);
            writer.WriteString("sub", name);
            writer.WriteString("aud", name);
            writer.WriteString("client_id", name);
        });

    /// <summary>What such a token would say now; nothing is signed.</summary>
    public JsonElement ClaimsFor(ClientRecord client, IReadOnlyList<string> scopes, LogPosition head) =>
        JsonElement.Parse(Write(head, long.MaxValue, writer => WriteClient(writer, client, scopes)).Payload.Span);

    private AccessToken Issue(LogPosition head, long notAfter, Action<Utf8JsonWriter> claims)
    {
        var (payload, id, expiresIn) = Write(head, notAfter, claims);
        return new(keys.Active.SignAccessToken(payload.Span), id, expiresIn);
    }

    private (ReadOnlyMemory<byte> Payload, string Id, TimeSpan ExpiresIn) Write(
        LogPosition head, long notAfter, Action<Utf8JsonWriter> claims)
    {
        var now = time.GetUtcNow().ToUnixTimeSeconds();
        var longest = options.Value.AccessTokenLifetime.TotalSeconds;
        var expires = Math.Min(now + (long)(longest - (longest * Jitter * entropy.NextFraction())), notAfter);
        var id = entropy.NextId();
        var payload = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(payload))
        {
            writer.WriteStartObject();
            writer.WriteString("iss", options.Value.Issuer);
            claims(writer);
            writer.WriteNumber("iat", now);
            writer.WriteNumber("exp", expires);
            writer.WriteString("jti", id);
            writer.WriteNumber("lpos", head.Value);
            writer.WriteEndObject();
        }

        return (payload.WrittenMemory, id, TimeSpan.FromSeconds(expires - now));
    }

    private void WriteClient(Utf8JsonWriter writer, ClientRecord client, IReadOnlyList<string> scopes)
    {
        writer.WriteString("sub", ReservedNames.ClientSubject(client.ClientId));
        writer.WriteString("aud", ReservedNames.Audience(options.Value.Issuer!));
        writer.WriteString("client_id", client.ClientId);
        writer.WriteString("scope", string.Join(' ', scopes));
    }
}
