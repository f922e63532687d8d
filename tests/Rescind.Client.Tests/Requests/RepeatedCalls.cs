using System.Net;
using Rescind.Client.Tests.Support;

namespace Rescind.Client.Tests.Requests;

/// <summary>In whose name a call is made, first and again.</summary>
public sealed class RepeatedCalls
{
    [Theory]
    [InlineData("key:1234")]
    [InlineData("Basic")]
    [InlineData("Token a, b")]
    [InlineData("\"quoted\" x")]
    [InlineData("{secret}")]
    public async Task A_header_of_the_caller_s_own_is_left_alone_whatever_it_says(string own)
    {
        await using var world = await World.StartAsync();
        world.Server.BeforeApi = ScriptedServer.Say(200);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/orders");
        request.Headers.TryAddWithoutValidation("Authorization", own).ShouldBeTrue();

        using var response = await world.Http.SendAsync(request);

        world.Server.Calls.ShouldBe([own]);
    }

    [Theory]
    [InlineData(401, "WWW-Authenticate", "Bearer error=\"invalid_token\"")]
    [InlineData(503, "Retry-After", "1")]
    public async Task What_one_person_asked_for_is_not_repeated_in_the_name_of_the_next(int status, string header, string value)
    {
        await using var world = await World.StartAsync();
        var calls = 0;
        world.Server.BeforeApi = async context =>
        {
            if (Interlocked.Increment(ref calls) > 1)
            {
                return false;
            }

            await world.Session.LogoutAsync();
            await world.Session.StartAsync(world.Server.LogIn(world.Time.GetUtcNow()));
            return await ScriptedServer.Say(status, "", "text/plain", (header, value))(context);
        };
        using var content = new StringContent("an order");

        using var response = await world.RunAsync(world.Http.PutAsync("/orders", content));

        response.StatusCode.ShouldBe((HttpStatusCode)status);
        world.Server.Calls.ShouldBe(["Bearer at.1"]);
    }

    [Fact]
    public async Task An_answer_is_given_back_when_the_wait_for_the_next_is_cancelled()
    {
        await using var world = await World.StartAsync();
        var body = new WatchedContent();
        world.Open(inner: new OneAnswer(body));
        using var cancelled = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));

        await Should.ThrowAsync<OperationCanceledException>(world.Http.GetAsync("/orders", cancelled.Token));

        body.IsDisposed.ShouldBeTrue();
    }

    private sealed class OneAnswer(HttpContent body) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var answer = new HttpResponseMessage(HttpStatusCode.ServiceUnavailable) { Content = body };
            answer.Headers.RetryAfter = new(TimeSpan.FromSeconds(3));
            return Task.FromResult(answer);
        }
    }

    private sealed class WatchedContent() : ByteArrayContent([1])
    {
        public bool IsDisposed { get; private set; }

        protected override void Dispose(bool disposing)
        {
            IsDisposed = true;
            base.Dispose(disposing);
        }
    }
}
