using System.Collections.Concurrent;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Rescind.Verifier.Diagnostics;

namespace Rescind.Verifier.Authentication;

/// <summary>
/// The schemes that judge. A scheme is taken by its place, directly behind the AddJwtBearer that made it, so that nobody
/// repeats its name: actions on the options run in the order in which they were registered.
/// </summary>
internal sealed class RevocableSchemes
{
    private readonly ConcurrentDictionary<string, bool> _ownByName = new(StringComparer.Ordinal);

    public IEnumerable<string> Names => _ownByName.Keys;

    /// <summary>Whether <paramref name="name"/> judges; <paramref name="own"/> if it takes tokens of the Authority's own issuer alone.</summary>
    public bool TryGet(string name, out bool own) => _ownByName.TryGetValue(name, out own);

    /// <summary>Makes the scheme that was added last one that judges; its options stay as they are.</summary>
    public void TakeLast(AuthenticationOptions options, bool own)
    {
        var scheme = options.Schemes.LastOrDefault();
        if (scheme?.HandlerType != typeof(JwtBearerHandler))
        {
            throw new InvalidOperationException(VerifierErrors.NoSchemeBefore.Sentence());
        }

        scheme.HandlerType = typeof(RevocationHandler);
        _ownByName[scheme.Name] = own;
    }
}
