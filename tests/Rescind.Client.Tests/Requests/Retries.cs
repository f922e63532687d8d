using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http.Resilience;
using Polly;
using Rescind.Client.Tests.Support;

namespace Rescind.Client.Tests.Requests;

/// <summary>A handler outside ours sends a request again, the same or a copy: each try has the token of its own moment.</summary>
public sealed class Retries
{
    private static readonly SessionTokens Bob = new()
    {
        AccessToken = "at.77", RefreshToken = "rt_1", ExpiresAt = new DateTimeOffset(2027, 1, 1, 0, 0, 0, TimeSpan.Zero),
    };

    public static TheoryData<string> Retriers =>
        ["resilience", "hand-made", "copy of the request", "copy of the answer's request"];

    [Theory]
    [MemberData(nameof(Retriers))]
    public async Task A_token_that_has_expired_before_the_retry_is_not_sent_again(string retrier)
    {
        await using var world = await World.StartAsync();
        using var http = Client(world, retrier);
        FailOnce(world, world.ExpireToken);

        (await http.GetAsync("/orders")).StatusCode.ShouldBe(HttpStatusCode.OK);

        world.Server.Calls.ShouldBe(["Bearer at.1", "Bearer at.2"]);
    }

    [Theory]
    [MemberData(nameof(Retriers))]
    public async Task A_token_that_was_taken_back_before_the_retry_is_replaced(string retrier)
    {
        await using var world = await World.StartAsync();
        using var http = Client(world, retrier);
        FailOnce(world, () => world.Server.RefusedUpTo = 1);

        (await http.GetAsync("/orders")).StatusCode.ShouldBe(HttpStatusCode.OK);

        world.Server.Calls.ShouldBe(["Bearer at.1", "Bearer at.1", "Bearer at.2"]);
    }

    [Theory]
    [MemberData(nameof(Retriers))]
    public async Task The_token_of_somebody_who_has_logged_out_is_not_sent_for_the_next_person(string retrier)
    {
        await using var world = await World.StartAsync();
        using var http = Client(world, retrier);
        world.Server.BeforeApi = ScriptedServer.Times(1, async context =>
        {
            await world.Session.LogoutAsync();
            await world.Session.StartAsync(Bob);
            return await ScriptedServer.Say(500)(context);
        });

        (await http.GetAsync("/orders")).StatusCode.ShouldBe(HttpStatusCode.OK);

        world.Server.Calls.ShouldBe(["Bearer at.1", "Bearer at.77"]);
    }

    [Theory]
    [MemberData(nameof(Retriers))]
    public async Task After_a_logout_a_retry_is_not_sent(string retrier)
    {
        await using var world = await World.StartAsync();
        using var http = Client(world, retrier);
        world.Server.BeforeApi = async context =>
        {
            await world.Session.LogoutAsync();
            return await ScriptedServer.Say(500)(context);
        };

        (await Should.ThrowAsync<SessionException>(http.GetAsync("/orders"))).Code.ShouldBe("RSC5101");

        world.Server.Calls.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_try_that_got_no_answer_leaves_no_token_behind()
    {
        await using var world = await World.StartAsync();
        using var http = Client(world, "resilience");
        world.Server.BeforeApi = ScriptedServer.Times(1, context =>
        {
            world.ExpireToken();
            return ScriptedServer.Lose(context);
        });

        (await http.GetAsync("/orders")).StatusCode.ShouldBe(HttpStatusCode.OK);

        world.Server.Calls.ShouldBe(["Bearer at.1", "Bearer at.2"]);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_second_try_beside_the_first_one_has_the_token_of_its_own_moment(bool isCopied)
    {
        await using var world = await World.StartAsync();
        var (arrived, answer) = (new TaskCompletionSource(), new TaskCompletionSource<bool>());
        world.Server.BeforeApi = ScriptedServer.Times(1, _ =>
        {
            arrived.SetResult();
            return answer.Task;
        });
        using var tries = new HttpMessageInvoker(new RescindSessionHandler(world.Session, new SocketsHttpHandler()));
        using var request = new HttpRequestMessage(HttpMethod.Get, world.Server.Url + "/orders");
        var first = tries.SendAsync(request, default);
        await arrived.Task;
        world.ExpireToken();

        (await tries.SendAsync(isCopied ? Copy(request) : request, default)).StatusCode.ShouldBe(HttpStatusCode.OK);
        answer.SetResult(false);
        await first;

        world.Server.Calls.ShouldBe(["Bearer at.1", "Bearer at.2"]);
    }

    [Fact]
    public async Task A_hedged_call_has_the_token_of_its_own_moment()
    {
        await using var world = await World.StartAsync();
        var answer = new TaskCompletionSource<bool>();
        world.Server.BeforeApi = ScriptedServer.Times(1, _ =>
        {
            world.ExpireToken();
            return answer.Task;
        });
        var services = new ServiceCollection();
        var client = services.AddHttpClient("orders", http => http.BaseAddress = new(world.Server.Url));
        client.AddStandardHedgingHandler().Configure(options => options.Hedging.Delay = TimeSpan.FromMilliseconds(100));
        client.AddHttpMessageHandler(() => new RescindSessionHandler(world.Session));
        await using var provider = services.BuildServiceProvider();

        using var http = provider.GetRequiredService<IHttpClientFactory>().CreateClient("orders");
        (await http.GetAsync("/orders")).StatusCode.ShouldBe(HttpStatusCode.OK);
        answer.SetResult(true);

        world.Server.Calls.ShouldBe(["Bearer at.1", "Bearer at.2"]);
    }

    [Fact]
    public async Task What_the_caller_has_set_is_sent_with_every_try_and_stays_as_it_was()
    {
        await using var world = await World.StartAsync();
        using var http = Client(world, "resilience");
        FailOnce(world, world.ExpireToken);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/orders");
        request.Headers.Authorization = new("Basic", "eA==");

        await http.SendAsync(request);

        world.Server.Calls.ShouldBe(["Basic eA==", "Basic eA=="]);
        request.Headers.Authorization!.Scheme.ShouldBe("Basic");
    }

    [Fact]
    public async Task What_the_caller_sets_between_two_tries_is_the_callers()
    {
        await using var world = await World.StartAsync();
        using var tries = new HttpMessageInvoker(new RescindSessionHandler(world.Session, new SocketsHttpHandler()));
        using var request = new HttpRequestMessage(HttpMethod.Get, world.Server.Url + "/orders");
        await tries.SendAsync(request, default);

        request.Headers.Authorization = new("Basic", "eA==");
        await tries.SendAsync(request, default);

        world.Server.Calls.ShouldBe(["Bearer at.1", "Basic eA=="]);
    }

    [Fact]
    public async Task Neither_the_callers_request_nor_the_answers_holds_the_token_afterwards()
    {
        await using var world = await World.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/orders");

        using var answer = await world.Http.SendAsync(request);

        world.Server.Calls.ShouldBe(["Bearer at.1"]);
        (request.Headers.Authorization, answer.RequestMessage!.Headers.Authorization).ShouldBe((null, null));
    }

    [Fact]
    public async Task Everything_else_of_a_request_gets_to_the_handlers_inside()
    {
        await using var world = await World.StartAsync();
        var inner = new Recorder();
        using var tries = new HttpMessageInvoker(new RescindSessionHandler(world.Session, inner));
        using var request = new HttpRequestMessage(HttpMethod.Put, world.Server.Url + "/orders")
        {
            Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionOrHigher,
            Content = new StringContent("body"),
        };
        request.Headers.Protocol = "websocket";
        request.Headers.Add("X-Two", ["a", "b"]);
        request.Headers.TryAddWithoutValidation("If-Match", "not quoted");
        request.Options.Set(new("mark"), "seen");

        await tries.SendAsync(request, default);

        var sent = inner.Requests.ShouldHaveSingleItem();
        (sent.Method, sent.RequestUri, sent.Version, sent.VersionPolicy, sent.Content).ShouldBe(
            (request.Method, request.RequestUri, request.Version, request.VersionPolicy, request.Content));
        sent.Headers.Protocol.ShouldBe("websocket");
        sent.Headers.GetValues("X-Two").ShouldBe(["a", "b"]);
        sent.Headers.NonValidated["If-Match"].ToString().ShouldBe("not quoted");
        sent.Options.TryGetValue(new HttpRequestOptionsKey<string>("mark"), out var mark).ShouldBeTrue();
        mark.ShouldBe("seen");
    }

    [Fact]
    public async Task Of_two_sessions_in_one_chain_the_outer_one_makes_the_call_at_every_try()
    {
        await using var world = await World.StartAsync();
        var outer = world.Session;
        var inner = world.Open(options => options.TokenStore = null);
        await inner.StartAsync(Bob);
        using var tries = new HttpMessageInvoker(
            new Again(false, new RescindSessionHandler(outer, new RescindSessionHandler(inner, new SocketsHttpHandler()))));
        FailOnce(world, world.ExpireToken);

        await tries.SendAsync(new(HttpMethod.Get, world.Server.Url + "/orders"), default);

        world.Server.Calls.ShouldBe(["Bearer at.1", "Bearer at.2"]);
    }

    private static void FailOnce(World world, Action meanwhile) => world.Server.BeforeApi = ScriptedServer.Times(1, context =>
    {
        meanwhile();
        return ScriptedServer.Say(500)(context);
    });

    private static HttpClient Client(World world, string retrier)
    {
        var ours = new RescindSessionHandler(world.Session, new SocketsHttpHandler());
        HttpMessageHandler outer = retrier switch
        {
            "hand-made" => new Again(false, ours),
            "copy of the request" => new Again(true, ours),
            "copy of the answer's request" => new Again(true, ours) { CopiesTheAnswers = true },
            _ => new ResilienceHandler(new ResiliencePipelineBuilder<HttpResponseMessage>().AddRetry(
                new HttpRetryStrategyOptions { MaxRetryAttempts = 1, Delay = TimeSpan.Zero }).Build())
            {
                InnerHandler = ours,
            },
        };
        return new(outer) { BaseAddress = new(world.Server.Url) };
    }

    private static HttpRequestMessage Copy(HttpRequestMessage request)
    {
        var copy = new HttpRequestMessage(request.Method, request.RequestUri) { Content = request.Content };
        foreach (var (name, values) in request.Headers)
        {
            copy.Headers.Add(name, values);
        }

        return copy;
    }

    /// <summary>Tries once more where the API fails.</summary>
    private sealed class Again(bool copies, HttpMessageHandler inner) : DelegatingHandler(inner)
    {
        public bool CopiesTheAnswers { get; init; }

        protected override async Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var answer = await base.SendAsync(request, cancellationToken);
            var next = CopiesTheAnswers ? answer.RequestMessage! : request;
            return answer.StatusCode < HttpStatusCode.InternalServerError
                ? answer
                : await base.SendAsync(copies ? Copy(next) : next, cancellationToken);
        }
    }

    private sealed class Recorder : HttpMessageHandler
    {
        public List<HttpRequestMessage> Requests { get; } = [];

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Requests.Add(request);
            return Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK) { RequestMessage = request });
        }
    }
}
