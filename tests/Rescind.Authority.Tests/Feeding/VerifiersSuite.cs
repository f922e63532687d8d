using Microsoft.Extensions.Logging.Abstractions;
using Rescind.Authority.Clients;
using Rescind.Authority.Feeding;
using Rescind.Authority.Nodes;
using Rescind.Authority.Stores;
using Rescind.Authority.Tests.Support;
using Rescind.Client.Tests.Support;

namespace Rescind.Authority.Tests.Feeding;

/// <summary>The registry of verifiers on a clock that the test moves, and verifiers that poll it.</summary>
public abstract class VerifiersSuite : IDisposable
{
    private readonly NodeRegistry _registry;
    private readonly ClientRegistry _clients;

    protected VerifiersSuite()
    {
        _registry = new(Rows);
        _clients = new(_registry);
        Verifiers = Create();
    }

    internal SettableTime Time { get; } = new(DateTimeOffset.FromUnixTimeSeconds(1_800_000_000));

    internal SavedRows Rows { get; } = new();

    internal VerifierRegistry Verifiers { get; }

    public void Dispose()
    {
        _clients.Dispose();
        _registry.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Another one, as after a restart.</summary>
    private protected VerifierRegistry Create() => new(Rows, _clients, Time, NullLogger<VerifierRegistry>.Instance);

    private protected Task<bool> ShareAsync(int verifiers) => _clients.AddAsync(
        new() { ClientId = "api", Kind = ClientKind.Confidential, Verifiers = verifiers }, AuditContext.System,
        CancellationToken.None);

    private protected static FeedRequest Poll(string instance, double bound, long position) => new()
    {
        Epoch = "e", After = new(position), Nonce = "n", Follower = new("orders", instance, TimeSpan.FromSeconds(bound)),
    };

    /// <summary>A poll that is heard and answered at once.</summary>
    private protected async Task HearAsync(
        string instance, double bound = 5, long position = 1, VerifierRegistry? verifiers = null, string client = "api")
    {
        verifiers ??= Verifiers;
        var poll = Poll(instance, bound, position);
        verifiers.Hear(client, null, poll);
        await verifiers.AnsweringAsync(client, poll.Follower!, TimeSpan.Zero, CancellationToken.None);
    }

    /// <summary>A receipt that waits until everything up to position 5 is applied.</summary>
    private protected Task<ReceiptCoverage> WaitAsync(double seconds, CancellationToken cancellationToken = default) =>
        Verifiers.Receipts.WaitAsync(
            new(5), Time.GetUtcNow(), TimeSpan.FromSeconds(seconds), Verifiers.Receipts.Closed, cancellationToken);
}
