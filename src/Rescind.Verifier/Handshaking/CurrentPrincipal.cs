using System.Security.Claims;
using System.Security.Principal;

namespace Rescind.Verifier.Handshaking;

/// <summary>
/// The user of a live connection: whoever holds it, hub or handler, sees the claims of the token that counts now. The
/// frameworks keep the principal of the handshake for good, and a role that was taken away would live on in it.
/// </summary>
internal sealed class CurrentPrincipal(ClaimsPrincipal first) : ClaimsPrincipal
{
    private volatile ClaimsPrincipal _now = first;

    /// <summary>The principal of the newest token.</summary>
    public ClaimsPrincipal Now
    {
        get => _now;
        set => _now = value;
    }

    public override IEnumerable<Claim> Claims => _now.Claims;

    public override IEnumerable<ClaimsIdentity> Identities => _now.Identities;

    public override IIdentity? Identity => _now.Identity;

    public override void AddIdentities(IEnumerable<ClaimsIdentity> identities) => _now.AddIdentities(identities);

    public override void AddIdentity(ClaimsIdentity identity) => _now.AddIdentity(identity);

    public override ClaimsPrincipal Clone() => _now.Clone();

    public override IEnumerable<Claim> FindAll(Predicate<Claim> match) => _now.FindAll(match);

    public override IEnumerable<Claim> FindAll(string type) => _now.FindAll(type);

    public override Claim? FindFirst(Predicate<Claim> match) => _now.FindFirst(match);

    public override Claim? FindFirst(string type) => _now.FindFirst(type);

    public override bool HasClaim(Predicate<Claim> match) => _now.HasClaim(match);

    public override bool HasClaim(string type, string value) => _now.HasClaim(type, value);

    public override bool IsInRole(string role) => _now.IsInRole(role);
}
