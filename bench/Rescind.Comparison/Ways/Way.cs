using Rescind.Comparison.Parts;

namespace Rescind.Comparison.Ways;

/// <summary>One way to log people out, as an application would build it.</summary>
internal abstract class Way(PartSettings settings)
{
    protected PartSettings Settings { get; } = settings;

    /// <summary>Adds what judges requests.</summary>
    public abstract void Add(WebApplicationBuilder builder);

    /// <summary>Makes the store and fills it with what the reader's system would hold.</summary>
    public virtual Task OpenAsync(IServiceProvider services) => Task.CompletedTask;

    /// <summary>Logs a person in on a device.</summary>
    public abstract Task<Credential> LogInAsync(HttpContext context, string user, string device);

    /// <summary>Logs the caller out; a way that cannot says so.</summary>
    public virtual Task<LoggedOut> LogOutAsync(HttpContext context, LogOut reach) => Task.FromResult(LoggedOut.Impossible);

    /// <summary>Whether a credential can be renewed still.</summary>
    public virtual Task<bool> RefreshAsync(string refreshToken) => Task.FromResult(false);

    /// <summary>How many bytes the store holds; 0 where there is none.</summary>
    public virtual Task<long> StoreBytesAsync(IServiceProvider services) => Task.FromResult(0L);

    /// <summary>Takes away what it wrote into a server of the reader.</summary>
    public virtual Task ClearAsync() => Task.CompletedTask;

    /// <summary>The file that this way keeps; null where a server has it, or nobody.</summary>
    public virtual string? File => null;
}

/// <summary>What a client shows with each request.</summary>
internal sealed record Credential(string Header, string Value, string? Refresh = null);

/// <summary>Whom a logout is for.</summary>
internal enum LogOut
{
    /// <summary>This device.</summary>
    One = 1,

    /// <summary>Every device of the person.</summary>
    All = 2,

    /// <summary>Every device but this one.</summary>
    Others = 3,
}

/// <summary>What came of a logout; perhaps the caller goes on with another credential.</summary>
internal sealed record LoggedOut(bool Done, Credential? Instead = null)
{
    public static LoggedOut Impossible { get; } = new(false);

    public static LoggedOut Yes { get; } = new(true);
}
