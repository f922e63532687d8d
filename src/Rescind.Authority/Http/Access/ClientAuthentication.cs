using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Http;
using Rescind.Authority.Clients;
using Rescind.Authority.Http.Input;
using Rescind.Authority.Http.Output;
using Rescind.Authority.Stores;

namespace Rescind.Authority.Http.Access;

/// <summary>
/// Client authentication (RFC 6749 section 2.3): HTTP Basic or the form, never both; a public client names itself in the form.
/// </summary>
internal sealed class ClientAuthentication(ClientRegistry clients, TimeProvider time)
{
    private const string Scheme = "Basic ";
    private const int MaxHeaderLength = 2048;

    /// <summary>
    /// The client that sends <paramref name="form"/>; false with <c>invalid_client</c> or <c>invalid_request</c>. A
    /// public client is only identified, not authenticated: what it may do follows from what else it presents.
    /// </summary>
    public bool TryAuthenticate(
        HttpRequest request, UrlEncoded form, [NotNullWhen(true)] out ClientRecord? client,
        [NotNullWhen(false)] out OAuthError? refusal)
    {
        var headers = request.Headers.Authorization;
        if (headers.Count > 1 || (headers.Count == 1 && form["client_secret"] is not null))
        {
            client = null;
            refusal = OAuthError.InvalidRequest("Send client credentials in one place.");
            return false;
        }

        if (headers.Count == 1)
        {
            return TryByHeader(headers[0]!, form, out client, out refusal);
        }

        return TryByForm(form, out client, out refusal);
    }

    /// <summary>
    /// Ends once <see cref="TryAuthenticate"/> goes by what every node had acknowledged when the request came: another one
    /// may have registered the client, or replaced its secret. A public client that is known here is one everywhere; that
    /// it is gone counts when something is minted for it.
    /// </summary>
    public Task CatchUpAsync(HttpContext context, UrlEncoded form) =>
        context.Request.Headers.Authorization.Count == 0 && form["client_secret"] is null && form["client_id"] is { } id
            && clients.Find(id) is not null
            ? Task.CompletedTask
            : context.Service<LogFollower>().RequireCurrentAsync(context.RequestAborted);

    /// <summary>
    /// <c>invalid_client</c>: 401 with a challenge, which RFC 6749 section 5.2 asks for where the header was used, otherwise 400.
    /// </summary>
    public static OAuthError InvalidClient(string? challenge = null) =>
        new(new("invalid_client", "The client is not known or its secret is wrong.") { Status = challenge is null ? 400 : 401 })
        {
            Challenge = challenge,
        };

    private bool TryByForm(
        UrlEncoded form, [NotNullWhen(true)] out ClientRecord? client, [NotNullWhen(false)] out OAuthError? refusal)
    {
        client = form["client_id"] is { } id ? clients.Find(id) : null;
        var isClient = form["client_secret"] is { } secret ? IsOf(client, secret) : client is { Kind: ClientKind.Public };
        if (isClient && client is not null)
        {
            refusal = null;
            return true;
        }

        refusal = InvalidClient();
        return false;
    }

    private bool TryByHeader(
        string header, UrlEncoded form, [NotNullWhen(true)] out ClientRecord? client,
        [NotNullWhen(false)] out OAuthError? refusal)
    {
        client = null;
        if (ReadBasic(header) is not var (id, secret))
        {
            refusal = InvalidClient(Challenges.Basic);
            return false;
        }

        if (form["client_id"] is { } named && named != id)
        {
            refusal = OAuthError.InvalidRequest("The header and the form name different clients.");
            return false;
        }

        client = clients.Find(id);
        if (IsOf(client, secret) && client is not null)
        {
            refusal = null;
            return true;
        }

        refusal = InvalidClient(Challenges.Basic);
        return false;
    }

    private bool IsOf(ClientRecord? client, string secret) =>
        ClientSecret.Verify(client, secret, time.GetUtcNow().ToUnixTimeSeconds());

    // Both halves are form-encoded before they are joined (RFC 6749 section 2.3.1).
    private static (string Id, string Secret)? ReadBasic(string header)
    {
        if (header.Length > MaxHeaderLength || !header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        var encoded = header[Scheme.Length..].Trim(' ');
        Span<byte> bytes = stackalloc byte[Base64.GetMaxDecodedFromUtf8Length(encoded.Length)];
        if (!Convert.TryFromBase64String(encoded, bytes, out var length))
        {
            return null;
        }

        var pair = bytes[..length];
        var colon = pair.IndexOf((byte)':');
        return colon > 0 && UrlEncoded.Decode(pair[..colon]) is { } id && UrlEncoded.Decode(pair[(colon + 1)..]) is { } secret
            ? (id, secret)
            : null;
    }
}
