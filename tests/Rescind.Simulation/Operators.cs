using Rescind.Authority.Diagnostics;
using Rescind.Authority.Keys;
using Rescind.Authority.Revocations;
using Rescind.Authority.Stores;

namespace Rescind.Simulation;

/// <summary>
/// Those who revoke, lift and rotate keys, on whichever node. A revocation of which nobody knows whether it is done is
/// asked for again under the same idempotency key, and is then there once.
/// </summary>
internal sealed class Operators(World world, Promises promises, Calls calls, IReadOnlyList<Node> nodes)
{
    /// <summary>How the reason of each of their acts begins; a number follows.</summary>
    public const string Asked = "act ";

    private static readonly AuditContext Audit = new("client:simulation", null, null);

    private int _asked;

    public void Revoke()
    {
        if (promises.Tokens.Count == 0)
        {
            return;
        }

        var token = world.Chance.Pick(promises.Tokens).Minted;
        var match = world.Chance.Below(20) switch
        {
            < 4 => Match.Token(token.Id),
            < 9 => Match.Session(token.Facts.SessionId!),
            < 13 => Match.Subject(token.Facts.Subject!),
            < 15 => Match.Client(token.Facts.ClientId!),
            < 17 => Match.Tag(Minted.Tag, token.Tenant),
            < 19 => Match.Subject($"nobody-{world.Chance.Below(3)}"),
            _ => Match.Key(token.Facts.KeyId),
        };
        var effect = world.Chance.Pick<Effect>([Effect.End, Effect.End, Effect.Renew, Effect.Reauthenticate, Effect.Block]);
        if (match.Allows(effect, ownIssuer: true))
        {
            var isSparing = match.Kind is MatchKind.Subject && effect is Effect.End && world.Chance.Of(0.3);
            world.Run(() => RevokeAsync(new()
            {
                Match = match, Effect = effect, Reason = $"{Asked}{_asked++}",
                Until = effect is Effect.Block
                    ? World.Begin + world.Now + TimeSpan.FromSeconds(90 + world.Chance.Below(300))
                    : null,
                Except = isSparing ? [token.Facts.SessionId!] : [],
                Wait = world.Chance.Of(0.3) ? world.Chance.Milliseconds(0, 2000) : null,
            }));
        }
    }

    public void Lift()
    {
        var standing = promises.Standing.ToList();
        if (standing.Count > 0)
        {
            var act = world.Chance.Pick(standing).Act.Position;
            world.Run(() => calls.CallAsync(
                world.Chance.Pick(nodes),
                node => node.Get<RevocationOperations>().LiftAsync(act, Audit, CancellationToken.None)));
        }
    }

    public void RotateKeys() => world.Run(() => calls.CallAsync(world.Chance.Pick(nodes), async node =>
    {
        await node.Get<KeyRing>().RotateAsync(Audit, CancellationToken.None);
        world.Note("keys rotated", node.Machine.Name);
        return node;
    }));

    private async Task RevokeAsync(RevocationRequest request)
    {
        var key = new IdempotencyKey(Audit.Actor, request.Reason, request.Reason);
        for (var attempt = 0; attempt < 3; attempt++)
        {
            var reply = await calls.CallAsync(world.Chance.Pick(nodes), node => RevokeAsync(node, request, key));
            if (reply.End is CallEnd.Answered)
            {
                return;
            }
        }
    }

    private async Task<Result<Receipt>> RevokeAsync(Node node, RevocationRequest request, IdempotencyKey key)
    {
        var offset = node.Machine.WallOffset;
        var result = await node.Get<RevocationOperations>().RevokeAsync(request, Audit, key, default, CancellationToken.None);
        if (result.Value is not { } receipt)
        {
            world.Note("not revoked", $"{node.Machine.Name}: {result.Refusal!.Error.Code}");
            return result;
        }

        promises.Acknowledged(receipt.Revocation.Position);
        if (receipt.InForce is { Uncounted: 0 } coverage)
        {
            // By its own clock it says until when even a silent verifier may accept: by none, if that was set meanwhile.
            var left = coverage.Applied == coverage.Verifiers ? TimeSpan.Zero
                : node.Machine.WallOffset != offset ? TimeSpan.MaxValue
                : coverage.CertainAt - node.Machine.GetUtcNow();
            if (left < TimeSpan.MaxValue)
            {
                promises.InForce(receipt.Revocation.Position, world.Now + left);
            }
        }

        return result;
    }
}
