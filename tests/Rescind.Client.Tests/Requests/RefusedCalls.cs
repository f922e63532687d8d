using System.Net;
using System.Net.Http.Json;
using System.Text;
using Rescind.Client.Tests.Support;

namespace Rescind.Client.Tests.Requests;

/// <summary>401: repeated once if a new token can help and the request can be sent again; the caller's otherwise.</summary>
public sealed class RefusedCalls
{
    public static TheoryData<HttpContent> SentAgain =>
    [
        new StringContent("body"), new ByteArrayContent("body"u8.ToArray()), new ReadOnlyMemoryContent("body"u8.ToArray()),
        JsonContent.Create("body"), new FormUrlEncodedContent([new("b", "ody")]),
        new StreamContent(new MemoryStream("body"u8.ToArray())),
        new MultipartFormDataContent { { new StringContent("body"), "b" } },
    ];

    [Fact]
    public async Task A_refused_call_is_repeated_once_with_a_new_token()
    {
        await using var world = await World.StartAsync();
        world.Server.RefusedUpTo = 1;

        (await world.GetAsync()).StatusCode.ShouldBe(HttpStatusCode.OK);

        world.Server.Calls.ShouldBe(["Bearer at.1", "Bearer at.2"]);
    }

    [Fact]
    public async Task A_call_that_is_refused_again_is_handed_to_the_caller_and_those_after_it_refresh_only_after_a_pause()
    {
        await using var world = await World.StartAsync();
        world.Server.RefusedUpTo = int.MaxValue;

        (await world.GetAsync()).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        for (var call = 0; call < 20; call++)
        {
            (await world.GetAsync()).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        }

        world.Server.Refreshes.Count.ShouldBe(1);
        world.Time.Advance(TimeSpan.FromSeconds(1));
        world.Server.RefusedUpTo = 2;
        (await world.GetAsync()).StatusCode.ShouldBe(HttpStatusCode.OK);
        world.Server.Refreshes.Count.ShouldBe(2);
    }

    [Fact]
    public async Task An_API_that_refuses_every_token_costs_ever_fewer_refreshes()
    {
        await using var world = await World.StartAsync();
        world.Server.RefusedUpTo = int.MaxValue;

        for (var second = 0; second < 120; second++)
        {
            await world.GetAsync();
            world.Time.Advance(TimeSpan.FromSeconds(1));
        }

        world.Server.Refreshes.Count.ShouldBeLessThan(12);
    }

    [Fact]
    public async Task An_end_that_is_met_by_a_refused_call_is_thrown()
    {
        await using var world = await World.StartAsync();
        world.Server.IsEnded = true;
        world.Server.RefusedUpTo = 1;

        await Should.ThrowAsync<SessionEndedException>(world.GetAsync());

        world.Server.Calls.Count.ShouldBe(1);
    }

    [Theory]
    [InlineData("")]
    [InlineData("Bearer")]
    [InlineData("Bearer realm=\"x\"")]
    [InlineData("Bearer error=\"insufficient_user_authentication\", max_age=\"300\"")]
    [InlineData("Bearer error=\"insufficient_scope\"")]
    [InlineData("Basic realm=\"invalid_token\"")]
    [InlineData("DPoP error=\"invalid_token\"")]
    [InlineData("Bearer error=\"invalid_token\", error=\"x\"")]
    public async Task A_401_that_no_refresh_can_cure_is_the_callers(string challenge)
    {
        await using var world = await World.StartAsync();
        world.Server.BeforeApi = ScriptedServer.Say(401, headers: ("WWW-Authenticate", challenge));

        (await world.GetAsync()).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);

        (world.Server.Refreshes.Count, world.Server.Calls.Count).ShouldBe((0, 1));
    }

    [Fact]
    public async Task A_demand_for_a_newer_login_can_be_read()
    {
        await using var world = await World.StartAsync();
        world.Server.BeforeApi = ScriptedServer.Times(1, ScriptedServer.Say(
            401, headers: (
                "WWW-Authenticate", "Bearer error=\"insufficient_user_authentication\", acr_values=\"mfa pwd\", max_age=300")));

        LoginDemand.Of(await world.GetAsync()).ShouldBe(new(TimeSpan.FromMinutes(5), "mfa pwd"));
        LoginDemand.Of(await world.GetAsync()).ShouldBeNull();
    }

    [Theory]
    [MemberData(nameof(SentAgain), DisableDiscoveryEnumeration = true)]
    public async Task A_body_that_can_be_sent_again_is(HttpContent content)
    {
        await using var world = await World.StartAsync();
        world.Server.RefusedUpTo = 1;

        (await world.Http.PostAsync("/orders", content)).StatusCode.ShouldBe(HttpStatusCode.OK);

        var bodies = world.Server.Bodies.ToArray();
        (bodies.Length, bodies[0]).ShouldBe((2, bodies[1]));
        bodies[0].ShouldContain("ody");
    }

    public static TheoryData<HttpContent> ReadOnce =>
    [
        JsonContent.Create(Drained("bo", "dy")), new StreamContent(new OneWayStream("body"u8.ToArray())),
        new MultipartFormDataContent { { JsonContent.Create(Drained("bo", "dy")), "b" } }, new DrainedText("body"),
    ];

    [Theory]
    [MemberData(nameof(ReadOnce), DisableDiscoveryEnumeration = true)]
    public async Task A_body_that_can_be_written_once_is_sent_again_with_the_same_bytes(HttpContent content)
    {
        await using var world = await World.StartAsync();
        world.Server.RefusedUpTo = 1;

        (await world.Http.PostAsync("/orders", content)).StatusCode.ShouldBe(HttpStatusCode.OK);

        var bodies = world.Server.Bodies.ToArray();
        (bodies.Length, bodies[0]).ShouldBe((2, bodies[1]));
        bodies[0].ShouldContain("dy");
    }

    [Theory]
    [InlineData(9, HttpStatusCode.Unauthorized)]
    [InlineData(11, HttpStatusCode.OK)]
    public async Task A_body_of_unknown_length_is_sent_again_within_the_bound_alone(int maxBytes, HttpStatusCode expected)
    {
        await using var world = await World.StartAsync(options => options.MaxBufferedBytes = maxBytes);
        world.Server.RefusedUpTo = 1;

        (await world.Http.PostAsync("/orders", JsonContent.Create(Drained("bo", "dy")))).StatusCode.ShouldBe(expected);

        world.Server.Bodies.Distinct().ShouldBe(["[\"bo\",\"dy\"]"]);
    }

    [Fact]
    public async Task A_handler_inside_that_changes_the_body_is_given_the_one_of_the_caller_again()
    {
        await using var world = await World.StartAsync();
        world.Open(inner: new Wrapping { InnerHandler = new SocketsHttpHandler() });
        world.Server.RefusedUpTo = 1;

        (await world.Http.PostAsync("/orders", JsonContent.Create(Drained("bo", "dy")))).StatusCode.ShouldBe(HttpStatusCode.OK);

        world.Server.Bodies.ShouldBe(["<[\"bo\",\"dy\"]>", "<[\"bo\",\"dy\"]>"]);
    }

    [Fact]
    public async Task A_body_that_cannot_be_sent_again_leaves_the_401_to_the_caller_and_the_next_call_has_a_new_token()
    {
        await using var world = await World.StartAsync(options => options.MaxBufferedBytes = 3);
        world.Server.RefusedUpTo = 1;

        (await world.Http.PostAsync("/orders", Stream())).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await world.Http.PostAsync("/orders", Stream())).StatusCode.ShouldBe(HttpStatusCode.OK);

        world.Server.Bodies.ShouldBe(["body", "body"]);
    }

    [Theory]
    [InlineData(true, HttpStatusCode.OK)]
    [InlineData(false, HttpStatusCode.Unauthorized)]
    public async Task A_request_may_say_whether_it_can_be_repeated(bool isRepeatable, HttpStatusCode expected)
    {
        await using var world = await World.StartAsync(options => options.MaxBufferedBytes = 0);
        world.Server.RefusedUpTo = 1;
        using var request = new HttpRequestMessage(HttpMethod.Post, "/orders") { Content = Stream() };
        request.Options.Set(RescindRequest.Repeatable, isRepeatable);

        (await world.Http.SendAsync(request)).StatusCode.ShouldBe(expected);
    }

    [Fact]
    public async Task Uploads_that_an_API_always_refuses_do_not_refresh_each_time()
    {
        await using var world = await World.StartAsync(options => options.MaxBufferedBytes = 0);
        world.Server.RefusedUpTo = int.MaxValue;

        for (var call = 0; call < 20; call++)
        {
            await world.Http.PostAsync("/orders", Stream());
        }

        world.Server.Refreshes.Count.ShouldBe(1);
    }

    private static IEnumerable<string> Drained(params string[] texts)
    {
        var left = new Queue<string>(texts);
        return Drain(left);

        static IEnumerable<string> Drain(Queue<string> left)
        {
            while (left.TryDequeue(out var text))
            {
                yield return text;
            }
        }
    }

    private static StreamContent Stream() => new(new MemoryStream(Encoding.UTF8.GetBytes("body")));

    /// <summary>Puts the body between brackets, as a handler does that compresses.</summary>
    private sealed class Wrapping : DelegatingHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request, CancellationToken cancellationToken)
        {
            request.Content = new StringContent($"<{await request.Content!.ReadAsStringAsync(cancellationToken)}>");
            return await base.SendAsync(request, cancellationToken);
        }
    }

    /// <summary>Derived from a content that holds its bytes, and yet written once.</summary>
    private sealed class DrainedText(string text) : StringContent(text)
    {
        private string? _left = text;

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            var bytes = Encoding.UTF8.GetBytes(_left ?? "");
            _left = null;
            return stream.WriteAsync(bytes).AsTask();
        }

        protected override Task SerializeToStreamAsync(
            Stream stream, TransportContext? context, CancellationToken cancellationToken) =>
            SerializeToStreamAsync(stream, context);
    }

    /// <summary>Without a length, and without a way back.</summary>
    private sealed class OneWayStream(byte[] bytes) : MemoryStream(bytes)
    {
        public override bool CanSeek => false;
    }
}
