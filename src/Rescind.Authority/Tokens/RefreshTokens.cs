using System.Buffers.Binary;
using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Rescind.Authority.Keys;
using Rescind.Authority.Stores;

namespace Rescind.Authority.Tokens;

/// <summary>What a refresh token claims. Only its gate is verified so far.</summary>
internal sealed record PresentedRefreshToken(byte KeyId, string SessionId, uint Generation, ReadOnlyMemory<byte> Inner);

/// <summary>
/// Refresh tokens, derived and never stored: <c>rt_</c> + base64url of version 1, key id 1, sid 16, generation 4, inner
/// 16, gate 16. The gate is an HMAC of everything before it under the server key alone, so garbage is refused before
/// any I/O; the inner one is under a key derived from the server key and the session's salt, so neither store nor key
/// alone can forge. Safe for concurrent use.
/// </summary>
internal sealed class RefreshTokens(KeyRing keys)
{
    /// <summary>What secret scanners look for (RT-9).</summary>
    public const string Prefix = "rt_";

    private const byte Version = 1;
    private const int SessionAt = 2;
    private const int SessionBytes = 16;
    private const int GenerationAt = SessionAt + SessionBytes;
    private const int InnerAt = GenerationAt + sizeof(uint);
    private const int MacBytes = 16;
    private const int GateAt = InnerAt + MacBytes;
    private const int Length = GateAt + MacBytes;

    /// <summary>The server key that new sessions are derived under.</summary>
    public byte CurrentKeyId => keys.CurrentRefreshKeyId;

    /// <summary>The refresh token of the session's present generation: always the same text.</summary>
    public string Derive(Session session)
    {
        Span<byte> token = stackalloc byte[Length];
        token[0] = Version;
        token[1] = session.RefreshKeyId;
        if (!StrictBase64Url.TryDecode(session.Id, token.Slice(SessionAt, SessionBytes), out var written)
            || written != SessionBytes)
        {
            throw new ArgumentException("A session's id must be the base64url of 16 bytes.", nameof(session));
        }

        BinaryPrimitives.WriteUInt32BigEndian(token[GenerationAt..], session.Generation);
        var serverKey = keys.FindRefreshKey(session.RefreshKeyId);
        WriteInner(serverKey, session.Salt.Span, token[SessionAt..InnerAt], token.Slice(InnerAt, MacBytes));
        WriteGate(serverKey, token[..GateAt], token[GateAt..]);
        return Prefix + Base64Url.EncodeToString(token);
    }

    /// <summary>Reads a token; false for anything whose gate does not verify. No I/O.</summary>
    public bool TryRead(ReadOnlySpan<char> token, [NotNullWhen(true)] out PresentedRefreshToken? presented)
    {
        presented = null;
        Span<byte> bytes = stackalloc byte[Length];
        if (!token.StartsWith(Prefix, StringComparison.Ordinal)
            || !StrictBase64Url.TryDecode(token[Prefix.Length..], bytes, out var written)
            || written != Length || bytes[0] != Version || keys.FindRefreshKey(bytes[1]) is not { IsEmpty: false } serverKey)
        {
            return false;
        }

        Span<byte> gate = stackalloc byte[MacBytes];
        WriteGate(serverKey, bytes[..GateAt], gate);
        if (!CryptographicOperations.FixedTimeEquals(gate, bytes[GateAt..]))
        {
            return false;
        }

        presented = new(
            bytes[1],
            Base64Url.EncodeToString(bytes.Slice(SessionAt, SessionBytes)),
            BinaryPrimitives.ReadUInt32BigEndian(bytes[GenerationAt..]),
            bytes.Slice(InnerAt, MacBytes).ToArray());
        return true;
    }

    /// <summary>
    /// The session of a genuine token, of whatever generation, and what the token says; nothing for any other text.
    /// </summary>
    public async Task<(Session? Session, PresentedRefreshToken? Presented)> FindAsync(
        string token, ISessionStore sessions, CancellationToken cancellationToken)
    {
        return TryRead(token, out var presented)
            && await sessions.FindAsync(presented.SessionId, cancellationToken).ConfigureAwait(false) is { } session
            && IsGenuine(presented, session)
                ? (session, presented)
                : (null, null);
    }

    /// <summary>Whether the inner MAC is right under the session's salt.</summary>
    public bool IsGenuine(PresentedRefreshToken presented, Session session)
    {
        Span<byte> claimed = stackalloc byte[SessionBytes + sizeof(uint)];
        if (presented.KeyId != session.RefreshKeyId || presented.SessionId != session.Id
            || !StrictBase64Url.TryDecode(session.Id, claimed[..SessionBytes], out _))
        {
            return false;
        }

        BinaryPrimitives.WriteUInt32BigEndian(claimed[SessionBytes..], presented.Generation);
        Span<byte> inner = stackalloc byte[MacBytes];
        WriteInner(keys.FindRefreshKey(presented.KeyId), session.Salt.Span, claimed, inner);
        return CryptographicOperations.FixedTimeEquals(inner, presented.Inner.Span);
    }

    // Separate keys for separate purposes: what the gate reveals says nothing about the inner one (RFC 5869).
    private static void WriteGate(ReadOnlySpan<byte> serverKey, ReadOnlySpan<byte> content, Span<byte> mac) =>
        Mac(serverKey, [], "rescind gate"u8, content, mac);

    private static void WriteInner(
        ReadOnlySpan<byte> serverKey, ReadOnlySpan<byte> salt, ReadOnlySpan<byte> content, Span<byte> mac) =>
        Mac(serverKey, salt, "rescind inner"u8, content, mac);

    private static void Mac(
        ReadOnlySpan<byte> serverKey, ReadOnlySpan<byte> salt, ReadOnlySpan<byte> purpose, ReadOnlySpan<byte> content,
        Span<byte> mac)
    {
        Span<byte> key = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, serverKey, key, salt, purpose);
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(key, content, hash);
        hash[..MacBytes].CopyTo(mac);
        CryptographicOperations.ZeroMemory(key);
    }
}
