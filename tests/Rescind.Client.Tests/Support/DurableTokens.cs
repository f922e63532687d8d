using System.Collections.Concurrent;

namespace Rescind.Client.Tests.Support;

/// <summary>An application's store that outlives its sessions, and fails or waits when a test says so.</summary>
internal sealed class DurableTokens : ITokenStore
{
    public SessionTokens? Tokens { get; set; }

    public ConcurrentQueue<SessionTokens> Saved { get; } = new();

    public Func<Task>? BeforeLoad { get; set; }

    public Func<Task>? BeforeSave { get; set; }

    public Func<Task>? AfterSave { get; set; }

    public Func<Task>? BeforeClear { get; set; }

    public async ValueTask<SessionTokens?> LoadAsync(CancellationToken cancellationToken)
    {
        await Run(BeforeLoad);
        return Tokens;
    }

    public async ValueTask SaveAsync(SessionTokens tokens, CancellationToken cancellationToken)
    {
        await Run(BeforeSave);
        Tokens = tokens;
        Saved.Enqueue(tokens);
        await Run(AfterSave);
    }

    public async ValueTask ClearAsync(CancellationToken cancellationToken)
    {
        await Run(BeforeClear);
        Tokens = null;
    }

    public static Task Fail() => throw new IOException("the disk is full");

    private static Task Run(Func<Task>? hook) => hook?.Invoke() ?? Task.CompletedTask;
}
