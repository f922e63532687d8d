using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.OutputCaching;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Rescind.Verifier.Tests.Support;

namespace Rescind.Verifier.Tests.Connections;

/// <summary>
/// What an app says when the session of its client is over: headers, bodies and trailers, by whatever way there is.
/// </summary>
public sealed class LateWords
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _go = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<string?> _got = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public static TheoryData<string> Ways =>
    [
        "nothing", "a body", "StartAsync", "CompleteAsync", "the writer", "the writer, completed", "a file",
        "the old body", "a callback",
        "a flush",
    ];

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task No_header_that_an_app_sets_goes_out_once_the_verifier_knows(string way)
    {
        await using var api = await StartAsync(async context =>
        {
            _begun.SetResult();
            await _go.Task;
            context.Response.Headers["X-Secret"] = "secret";
            await SpeakAsync(context, way);
        });
        var answering = api.Api.GetAsync(api.Mint("alice"), "/late");
        await _begun.Task.WaitAsync(Limit);

        await api.EndACrowdAsync();
        await api.AppliedAsync(api.Log.End(Match.Subject("alice")));
        _go.SetResult();

        using var answer = await answering;
        answer.ShouldBeDead();
        answer.Headers.Contains("X-Secret").ShouldBeFalse();
        (await answer.Content.ReadAsStringAsync()).ShouldBeEmpty();
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task All_of_them_work_while_the_token_holds(string way)
    {
        await using var api = await StartAsync(async context =>
        {
            context.Response.Headers["X-Secret"] = "told";
            await SpeakAsync(context, way);
        });

        using var answer = await api.Api.GetAsync(api.Mint("alice"), "/late");

        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        answer.Headers.GetValues("X-Secret").ShouldBe(["told"]);
        (await answer.Content.ReadAsStringAsync()).ShouldBe(way switch
        {
            "nothing" or "StartAsync" or "CompleteAsync" or "a callback" or "a flush" => "",
            _ => "body",
        });
    }

    [Fact]
    public async Task A_callback_that_takes_its_time_brings_nothing_into_the_head()
    {
        await using var api = await StartAsync(async context =>
        {
            context.Response.OnStarting(async () =>
            {
                _begun.SetResult();
                await _go.Task;
                context.Response.Headers["X-Secret"] = "secret";
            });
            await context.Response.WriteAsync("secret");
        });
        using var alice = await RawClient.SendAsync(api, "GET /late", api.Mint("alice"));
        await _begun.Task.WaitAsync(Limit);

        await api.EndACrowdAsync();
        await api.AppliedAsync(api.Log.End(Match.Subject("alice")));
        _go.SetResult();

        (await alice.HearToTheEndAsync()).ShouldNotContain("secret");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task No_trailer_that_an_app_sets_goes_out_once_the_verifier_knows(bool completes)
    {
        await using var api = await StartAsync(async context =>
        {
            await context.Response.WriteAsync("body");
            _begun.SetResult();
            await _go.Task;
            context.Response.AppendTrailer("X-Secret", "secret");
            await (completes ? context.Response.CompleteAsync() : Task.CompletedTask);
        }, HttpProtocols.Http2);
        var answering = GetOverHttp2Async(api);
        await _begun.Task.WaitAsync(Limit);

        await api.EndACrowdAsync();
        await api.AppliedAsync(api.Log.End(Match.Subject("alice")));
        _go.SetResult();

        using var answer = await answering;
        (await answer.Content.ReadAsStringAsync()).ShouldBe("body");
        answer.TrailingHeaders.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Trailers_of_an_app_go_out_while_the_token_holds(bool completes)
    {
        await using var api = await StartAsync(async context =>
        {
            await context.Response.WriteAsync("body");
            context.Response.AppendTrailer("X-Sum", "4");
            await (completes ? context.Response.CompleteAsync() : Task.CompletedTask);
        }, HttpProtocols.Http2);

        using var answer = await GetOverHttp2Async(api);

        (await answer.Content.ReadAsStringAsync()).ShouldBe("body");
        answer.TrailingHeaders.GetValues("X-Sum").ShouldBe(["4"]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Trailers_of_a_request_are_taken_only_while_the_token_holds(bool isRevoked)
    {
        await using var api = await StartAsync(async context =>
        {
            await context.Request.Body.ReadAtLeastAsync(new byte[4], 4);
            _begun.SetResult();
            await _go.Task;
            try
            {
                await context.Request.Body.ReadExactlyAsync(new byte[1]);
            }
            catch (Exception over) when (over is OperationCanceledException or EndOfStreamException)
            {
                // There is no more, or no more for us.
            }

            _got.SetResult(context.Request.CheckTrailersAvailable() ? context.Request.GetTrailer("X-Sum").ToString() : null);
        });
        using var alice = await RawClient.SendAsync(api, "POST /late", api.Mint("alice"), "Transfer-Encoding: chunked");
        await alice.SayAsync("4\r\nbody\r\n");
        await _begun.Task.WaitAsync(Limit);

        if (isRevoked)
        {
            await api.EndACrowdAsync();
            await api.AppliedAsync(api.Log.End(Match.Subject("alice")));
        }

        await alice.SayAsync("0\r\nX-Sum: 4\r\n\r\n");
        _go.SetResult();

        (await _got.Task.WaitAsync(Limit)).ShouldBe(isRevoked ? null : "4");
    }

    [Fact]
    public async Task An_answer_that_was_cut_short_is_kept_for_nobody_in_an_output_cache()
    {
        await using var api = await LiveApi.StartAsync(
            before: app =>
            {
                app.UseOutputCache();
                app.MapGet("/late", (RequestDelegate)WriteHalvesAsync)
                    .CacheOutput(static policy => policy.AddPolicy<ForEverybody>(), true)
                    .RequireAuthorization().CloseOnRevocation();
            },
            services: static services => services.AddOutputCache());
        var answering = api.Api.GetAsync(api.Mint("alice"), "/late");
        await _begun.Task.WaitAsync(Limit);

        await api.AppliedAsync(api.Log.End(Match.Subject("alice")));
        _go.SetResult();

        using var cut = await answering;
        (await cut.Content.ReadAsStringAsync()).ShouldBe("half");
        using var whole = await api.Api.GetAsync(api.Mint("bob"), "/late");
        (await whole.Content.ReadAsStringAsync()).ShouldBe("halfhalf");

        async Task WriteHalvesAsync(HttpContext context)
        {
            await context.Response.WriteAsync("half");
            _begun.TrySetResult();
            await _go.Task;
            await context.Response.WriteAsync("half");
        }
    }

    private static Task<LiveApi> StartAsync(
        RequestDelegate answer, HttpProtocols protocols = HttpProtocols.Http1) => LiveApi.StartAsync(
        before: app => app.Map("/late", answer).RequireAuthorization().CloseOnRevocation(),
        services: services => services.Configure<KestrelServerOptions>(
            kestrel => kestrel.ConfigureEndpointDefaults(endpoint => endpoint.Protocols = protocols)));

    private static async Task<HttpResponseMessage> GetOverHttp2Async(LiveApi api)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/late")
        {
            Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Headers = { Authorization = new("Bearer", api.Mint("alice")) },
        };
        return await api.Api.Http.SendAsync(request);
    }

    private static async Task SpeakAsync(HttpContext context, string way)
    {
        var response = context.Response;
        switch (way)
        {
            case "a body":
                await response.WriteAsync("body");
                break;
            case "StartAsync":
                await response.StartAsync();
                break;
            case "CompleteAsync":
                await response.CompleteAsync();
                break;
            case "a flush":
                await response.Body.FlushAsync();
                break;
            case "the writer" or "the writer, completed":
                "body"u8.CopyTo(response.BodyWriter.GetSpan(4));
                response.BodyWriter.Advance(4);
                await (way == "the writer"
                    ? response.BodyWriter.FlushAsync().AsTask()
                    : response.BodyWriter.CompleteAsync().AsTask());
                break;
            case "a file":
                await SendFileAsync(response);
                break;
            case "the old body":
                await OldBody(context).WriteAsync("body"u8.ToArray());
                break;
            case "a callback":
                response.OnStarting(() =>
                {
                    response.Headers["X-Secret"] = response.Headers["X-Secret"].ToString() is { Length: > 0 } told
                        ? told
                        : "secret";
                    return Task.CompletedTask;
                });
                break;
        }
    }

    private static async Task SendFileAsync(HttpResponse response)
    {
        var path = Path.GetTempFileName();
        await File.WriteAllTextAsync(path, "body");
        await response.SendFileAsync(path);
        File.Delete(path);
    }

    // By reflection: the compiler warns of it, and apps have it all the same.
    private static Stream OldBody(HttpContext context) =>
        (Stream)typeof(IHttpResponseFeature).GetProperty("Body")!.GetValue(context.Features.Get<IHttpResponseFeature>())!;

    /// <summary>Keeps answers also of those who have shown a token.</summary>
    private sealed class ForEverybody : IOutputCachePolicy
    {
        public ValueTask CacheRequestAsync(OutputCacheContext context, CancellationToken cancellation)
        {
            (context.EnableOutputCaching, context.AllowCacheLookup, context.AllowCacheStorage) = (true, true, true);
            return default;
        }

        public ValueTask ServeFromCacheAsync(OutputCacheContext context, CancellationToken cancellation) => default;

        public ValueTask ServeResponseAsync(OutputCacheContext context, CancellationToken cancellation) => default;
    }
}
