using Microsoft.Extensions.Options;
using Rescind.Authority.Clients;
using Rescind.Authority.Diagnostics;
using Rescind.Authority.Feeding;
using Rescind.Authority.Keys;
using Rescind.Authority.Stores;

namespace Rescind.Authority.Revocations;

/// <summary>
/// Revokes and lifts, and follows what it did to the verifiers. What it returns is durable (G2); what it refuses or
/// throws promised nothing.
/// </summary>
internal sealed class RevocationOperations(
    IRevocationStore store, Replica replica, VerifierRegistry verifiers, KeyRing keys, Administrators administrators,
    AuthorityMetrics metrics, IOptions<AuthorityOptions> options, TimeProvider time) : IRevocations
{
    /// <summary>Who acts when an embedding application calls.</summary>
    private static readonly AuditContext Application = new("app", null, null);

    /// <summary>
    /// The most receipts of one actor that wait at once: every poll looks at all that wait. Further ones do not wait.
    /// </summary>
    private const int MostWaiting = 256;

    private readonly ConcurrencyShares _waits = new(MostWaiting);

    /// <inheritdoc/>
    public async Task<Receipt> RevokeAsync(RevocationRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        var receipt = await RevokeAsync(request, Application, null, default, cancellationToken).ConfigureAwait(false);
        return receipt.Value ?? throw RevocationRefusedException.Of(receipt.Refusal);
    }

    /// <inheritdoc/>
    public async Task<RevocationPreview> PreviewAsync(RevocationRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        var receipt = await PreviewAsync(request, Application, cancellationToken).ConfigureAwait(false);
        return receipt.Value is { } value
            ? new(value.Sessions, value.Warnings) { Load = value.Load, Connections = value.Connections }
            : throw RevocationRefusedException.Of(receipt.Refusal);
    }

    /// <inheritdoc/>
    public async Task<Revocation> LiftAsync(LogPosition revocation, CancellationToken cancellationToken = default)
    {
        var lifted = await LiftAsync(revocation, Application, cancellationToken).ConfigureAwait(false);
        return lifted.Value?.Revocation ?? throw RevocationRefusedException.Of(lifted.Refusal);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Revocation>> ListAsync(Match match, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(match);
        RevocationQuery query = new(options.Value.Issuer, match);
        var (acts, before) = (new List<Revocation>(), default(LogPosition));
        do
        {
            var page = await store.ListAsync(query, before, RevocationRules.LargestPage - acts.Count, cancellationToken)
                .ConfigureAwait(false);
            acts.AddRange(page.Rows);
            before = page.Next ?? default;
        }
        while (before != default && acts.Count < RevocationRules.LargestPage);
        return acts;
    }

    /// <summary>Null if a broad <paramref name="request"/> is confirmed, as far as that can be said without counting.</summary>
    public Refusal? Validate(Confirmation confirm, RevocationRequest request) => confirm.Validate(request, options.Value.Issuer!);

    /// <summary>Whether a match under <paramref name="issuer"/> is at our own issuer; null means our own.</summary>
    public bool IsOwn(string? issuer) => issuer is null || issuer == options.Value.Issuer;

    /// <summary>What <paramref name="request"/> would do: a receipt of an act that is at no position.</summary>
    public async Task<Result<Receipt>> PreviewAsync(
        RevocationRequest request, AuditContext audit, CancellationToken cancellationToken)
    {
        var trusted = audit == Application || !IsOwn(request.Issuer);
        if ((Validate(request) ?? (trusted ? null : administrators.Validate(request.Match, request.Effect))) is { } refusal)
        {
            return Result<Receipt>.Refused(refusal);
        }

        var outcome = await store.PreviewAsync(DraftOf(request, audit), cancellationToken).ConfigureAwait(false);
        var present = verifiers.Receipts.Coverage(replica.Position, time.GetUtcNow());
        return Result<Receipt>.Of(
            ReceiptOf(outcome, request, present) with { Connections = verifiers.Receipts.LiveConnections });
    }

    /// <summary>
    /// Whether the session, subject or key that <paramref name="request"/> names was ever seen; true where that cannot be said.
    /// </summary>
    public async Task<bool> IsKnownAsync(RevocationRequest request, AuditContext audit, CancellationToken cancellationToken) =>
        (await store.PreviewAsync(DraftOf(request, audit), cancellationToken).ConfigureAwait(false)).Known;

    /// <summary>
    /// Revokes, and waits for the verifiers if <paramref name="request"/> says so, unless as many receipts of the actor
    /// wait already as may.
    /// </summary>
    public async Task<Result<Receipt>> RevokeAsync(
        RevocationRequest request, AuditContext audit, IdempotencyKey? idempotency, Confirmation confirm,
        CancellationToken cancellationToken)
    {
        using var activity = AuthorityTraces.Begin("rescind.revoke");
        if (Validate(request) is { } refusal)
        {
            activity.Fail(refusal.Error.Code);
            return Result<Receipt>.Refused(refusal);
        }

        var draft = DraftOf(request, audit) with
        {
            Idempotency = idempotency, Confirm = confirm.Sessions,
            IsConfirmedByName = confirm.NamesMatch(request, options.Value.Issuer!),
        };
        var closed = verifiers.Receipts.Closed;
        var appended = IsOwn(request.Issuer) && audit != Application
            ? await administrators.KeepOneAsync(request.Match, request.Effect, AppendAsync, cancellationToken)
                .ConfigureAwait(false)
            : Result<RevokeOutcome>.Of(await AppendAsync().ConfigureAwait(false));
        var committed = time.GetUtcNow();
        var outcome = appended.Value;
        if (outcome?.Revocation is not { } act)
        {
            var refused = appended.Refusal ?? RefusalOf(outcome!);
            activity.Fail(refused.Error.Code);
            return Result<Receipt>.Refused(refused);
        }

        Count(act);
        var inForce = request.Wait is { } limit && _waits.TryEnter(audit.Actor)
            ? await WaitAsync(
                audit.Actor,
                () => verifiers.Receipts.WaitAsync(act.Position, committed, limit, closed, cancellationToken))
                .ConfigureAwait(false)
            : null;
        return Result<Receipt>.Of(ReceiptOf(outcome, request, present: null) with { InForce = inForce });

        Task<RevokeOutcome> AppendAsync() => draft.Match.Kind is MatchKind.Key && IsOwn(request.Issuer)
            ? keys.RevokeAsync(
                draft.Match.Value!,
                (rows, from) => store.RevokeAsync(draft with { Keys = rows, From = from }, cancellationToken), cancellationToken)
            : store.RevokeAsync(draft, cancellationToken);
    }

    /// <summary>
    /// Ends what is the actor's own, or what falls with something else that was done: a session that is left, a token that
    /// is given back, what a removed client had. That it may be is settled: nothing is confirmed, and nothing refused.
    /// </summary>
    public async Task EndAsync(RevocationRequest request, AuditContext audit, CancellationToken cancellationToken) =>
        Count((await store.RevokeAsync(DraftOf(request, audit), cancellationToken).ConfigureAwait(false)).Revocation);

    /// <summary>
    /// The same for what falls with a change of a client, which is recorded with it if the registry is at a version: the
    /// version then, or null if it was not and nothing is recorded.
    /// </summary>
    public async Task<long?> EndWithAsync(
        RevocationRequest request, ClientChange change, long from, AuditContext audit, CancellationToken cancellationToken)
    {
        var draft = DraftOf(request, audit) with { Once = false, Client = change, From = from };
        var outcome = await store.RevokeAsync(draft, cancellationToken).ConfigureAwait(false);
        Count(outcome.Revocation);
        return outcome.Result is RevokeResult.RegistryMoved ? null : outcome.Registry;
    }

    private void Count(Revocation? act)
    {
        if (act is not null)
        {
            metrics.Revoked(act.Match.Traits.Word, act.Effect);
        }
    }

    private async Task<ReceiptCoverage> WaitAsync(string actor, Func<Task<ReceiptCoverage>> wait)
    {
        using var activity = AuthorityTraces.Begin("rescind.receipt");
        try
        {
            var coverage = await wait().ConfigureAwait(false);
            activity?.SetTag("rescind.verifiers", coverage.Verifiers).SetTag("rescind.verifiers.applied", coverage.Applied);
            return coverage;
        }
        finally
        {
            _waits.Leave(actor);
        }
    }

    /// <summary>Takes a revocation back, or says why not.</summary>
    public Task<Result<Lifted>> LiftAsync(LogPosition revocation, AuditContext audit, CancellationToken cancellationToken) =>
        Lifting.LiftAsync(store, options.Value.Issuer!, revocation, audit, cancellationToken);

    private Refusal? Validate(RevocationRequest request) =>
        RevocationRules.Validate(request, replica.FindIssuer(request.Issuer ?? options.Value.Issuer!), time.GetUtcNow());

    private RevocationDraft DraftOf(RevocationRequest request, AuditContext audit) => new()
    {
        Issuer = request.Issuer ?? options.Value.Issuer!,
        Match = request.Match,
        Effect = request.Effect,
        Second = request.Second,
        Except = request.Except,
        Spread = (long)(request.Spread?.TotalSeconds ?? 0),
        TokenExpires = request.TokenExpires,
        Once = !request.IsAlwaysRecorded,
        Reason = request.Reason,
        Audit = audit,
    };

    private Receipt ReceiptOf(RevokeOutcome outcome, RevocationRequest request, ReceiptCoverage? present)
    {
        // Ids of tokens are kept nowhere: only a whole token says that it is one of ours.
        var known = outcome.Known && request is not { Match.Kind: MatchKind.Token, TokenExpires: null };
        var (act, own) = (outcome.Revocation!, IsOwn(request.Issuer));
        var load = own && act.Effect is Effect.Renew && outcome.Sessions is { } refreshes
            ? new RefreshLoad(refreshes, TimeSpan.FromSeconds(act.Spread))
            : null;
        var warnings = RevocationWarnings.Of(act, outcome with { Known = known }, own, present)
            .Concat(RevocationWarnings.Of(load, options.Value.MaxConcurrentRefreshes));
        return new() { Revocation = act, Sessions = outcome.Sessions, Load = load, Warnings = [.. warnings] };
    }

    private static Refusal RefusalOf(RevokeOutcome outcome) => outcome.Result switch
    {
        RevokeResult.KeyReused => Errors.IdempotencyKeyReused.Refusal(),
        RevokeResult.NotConfirmed => Errors.NotConfirmed.Refusal(outcome.Sessions is { } sessions
            ? $"It would hit {sessions} sessions now."
            : "It selects so many sessions that they were not counted: confirm must be the value of the match, or of the "
                + "issuer if all of it is meant."),
        RevokeResult.TooMany => Errors.TooManySelected.Refusal(),
        _ => throw new InvalidOperationException($"A revocation came to {outcome.Result}."),
    };
}
