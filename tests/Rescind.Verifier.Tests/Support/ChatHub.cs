using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Security.Claims;
using System.Threading.Channels;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.DependencyInjection;

namespace Rescind.Verifier.Tests.Support;

#pragma warning disable CA1822 // A hub's methods are called on it.
internal sealed class ChatHub(HubWork work) : Hub
{
    public override Task OnConnectedAsync() => Groups.AddToGroupAsync(Context.ConnectionId, "everybody");

    public override Task OnDisconnectedAsync(Exception? exception)
    {
        work.Farewells.Enqueue(exception?.Message);
        return Task.CompletedTask;
    }

    public string Who() => Context.User?.Subject ?? "";

    public Task Wait() => work.TakeAsync(0);

    public async Task WaitAndLeave()
    {
        await work.TakeAsync(0);
        Context.Abort();
    }

    [Authorize(Roles = "admin")]
    public string Secret() => "secret";

    public bool IsAdminByItsRequest() => Context.GetHttpContext()!.User.IsInRole("admin");

    public Task Say(string text) => Clients.All.SendAsync("Said", text);

    public async IAsyncEnumerable<int> Count([EnumeratorCancellation] CancellationToken stopped)
    {
        for (var i = 0; ; i++)
        {
            yield return i;
            await Task.Delay(10, stopped);
        }
    }

    /// <summary>Never an item, and who has ended it.</summary>
    public async IAsyncEnumerable<int> Silence([EnumeratorCancellation] CancellationToken stopped)
    {
        work.Taken.Enqueue(0);
        try
        {
            await Task.Delay(Timeout.Infinite, stopped);
        }
        finally
        {
            work.Enders.Enqueue(Context.ConnectionAborted.IsCancellationRequested ? "the end of the connection" : "the client");
        }

        yield break;
    }

    /// <summary>As fast as it is taken.</summary>
    public async IAsyncEnumerable<string> Pour([EnumeratorCancellation] CancellationToken stopped)
    {
        for (var i = 0; !stopped.IsCancellationRequested; i++)
        {
            work.Poured = i;
            yield return $"{i} {new string('x', 1000)}";
            await Task.Yield();
        }
    }

    public ChannelReader<string> PourChannel(CancellationToken stopped)
    {
        var channel = Channel.CreateBounded<string>(1);
        _ = Task.Run(
            async () =>
            {
                await foreach (var item in Pour(stopped))
                {
                    await channel.Writer.WriteAsync(item, stopped);
                }
            },
            stopped);
        return channel.Reader;
    }

    public async Task<int> Upload(ChannelReader<int> items)
    {
        await foreach (var item in items.ReadAllAsync())
        {
            await work.TakeAsync(item);
        }

        return work.Taken.Count;
    }

    public async Task<int> UploadSequence(IAsyncEnumerable<int> items)
    {
        await foreach (var item in items)
        {
            await work.TakeAsync(item);
        }

        return work.Taken.Count;
    }
}

/// <summary>What the hub has done, and may do.</summary>
internal sealed class HubWork
{
    private volatile Task _may = Task.CompletedTask;

    public ConcurrentQueue<int> Taken { get; } = [];

    public ConcurrentQueue<string> Lines { get; } = [];

    /// <summary>Who has ended each stream.</summary>
    public ConcurrentQueue<string> Enders { get; } = [];

    /// <summary>Why each client is gone, if that was said.</summary>
    public ConcurrentQueue<string?> Farewells { get; } = [];

    public int Poured { get; set; }

    public static async Task ReadLinesAsync(HttpContext context)
    {
        var work = context.RequestServices.GetRequiredService<HubWork>();
        using var reader = new StreamReader(context.Request.Body);
        while (await reader.ReadLineAsync(context.RequestAborted) is { } line)
        {
            work.Lines.Enqueue(line);
        }
    }

    /// <summary>Lets the hub go on after each item only when it is told so.</summary>
    public TaskCompletionSource Pause()
    {
        var go = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _may = go.Task;
        return go;
    }

    public Task TakeAsync(int item)
    {
        Taken.Enqueue(item);
        return _may;
    }
}

/// <summary>Users are subjects.</summary>
internal sealed class Subjects : IUserIdProvider
{
    public string? GetUserId(HubConnectionContext connection) => connection.User.Subject;
}
