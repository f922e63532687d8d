using System.Net;

namespace Rescind.Conformance.Hostile;

/// <summary>Query strings and path segments that no honest caller writes.</summary>
public sealed class BadQueries(Target target) : IClassFixture<Target>
{
    private static readonly string[] NoNumbers =
    [
        "-1", "+1", "1.5", "1e3", "0x10", "%201", "1%20", "NaN", "Infinity", "99999999999999999999999",
        "9223372036854775808", "%EF%BC%91", "1_000", "%00",
    ];

    // Numbers that each parameter does not take, beside what is no number at all.
    private static readonly Dictionary<string, string[]> OutOfRange = new()
    {
        ["limit"] = ["0", "100000"],
        ["after"] = [],
        ["cursor"] = [],
        ["state"] = ["0", "Active"],
    };

    private static readonly string[] Ids =
    [
        "%ff", "%c3%28", "%zz", "%", "%2e%2e", "..%2f..%2fetc%2fpasswd", "%5c", "%27%20or%201=1", "%e2%80%ae",
        "%F0%9F%98%80", "rv_", "rv_0", "rv_-1", "rv_99999999999999999999", "client:caller", "%00", "a%00b",
        "%0d%0aX:%201", new string('a', 4_000),
    ];

    [Theory]
    [InlineData("x=%")]
    [InlineData("x=%4")]
    [InlineData("%zz=1")]
    [InlineData("x=%ff")]
    [InlineData("x=%c3%28")]
    [InlineData("x=%ed%a0%80")]
    [InlineData("x=1&x=2")]
    [InlineData("x=1&%78=2")]
    public async Task What_is_no_query_string_is_refused_wherever_one_is_read(string query)
    {
        foreach (var route in target.Routes.Where(route => route.Described.Query.Count > 0))
        {
            route.ShouldRefuse(await target.AskAsync(route, query: "?" + query), query, HttpStatusCode.BadRequest);
        }
    }

    [Fact]
    public async Task A_parameter_that_is_there_twice_is_refused()
    {
        foreach (var route in target.Routes)
        {
            foreach (var name in route.Described.Query)
            {
                route.ShouldRefuse(await target.AskAsync(route, query: $"?{name}=1&{name}=1"), name, HttpStatusCode.BadRequest);
            }
        }
    }

    [Fact]
    public async Task More_parameters_than_anybody_needs_are_refused()
    {
        var query = "?" + string.Join('&', Enumerable.Range(0, 65).Select(i => $"p{i}=1"));
        foreach (var route in target.Routes.Where(route => route.Described.Query.Count > 0))
        {
            route.ShouldRefuse(await target.AskAsync(route, query: query), query, HttpStatusCode.BadRequest);
        }
    }

    [Fact]
    public async Task A_parameter_that_is_no_number_in_range_is_refused()
    {
        foreach (var route in target.Routes.Where(route => route.Described.Query.Count > 0 && route.Path != "/v1/feed"))
        {
            foreach (var name in route.Described.Query.Where(OutOfRange.ContainsKey))
            {
                foreach (var value in NoNumbers.Concat(OutOfRange[name]))
                {
                    route.ShouldRefuse(
                        await target.AskAsync(route, query: $"?{name}={value}"), $"{name}={value}", HttpStatusCode.BadRequest);
                }
            }
        }
    }

    [Theory]
    [InlineData("after")]
    [InlineData("wait")]
    [InlineData("bound")]
    public async Task A_poll_that_names_no_position_or_time_is_refused_and_counts_as_no_verifier(string name)
    {
        var feed = target.Routes.Single(route => route.Path == "/v1/feed");
        var before = target.Written();
        var good = new Dictionary<string, string>
        {
            ["epoch"] = target.Host.Tail.Head.Epoch, ["after"] = "0", ["wait"] = "0", ["bound"] = "5",
            ["verifier"] = "v", ["instance"] = "i",
        };
        string[] taken = name == "after" ? [] : ["1.5"];
        foreach (var value in NoNumbers.Except(taken))
        {
            good[name] = value;
            var query = "?" + string.Join('&', good.Select(pair => $"{pair.Key}={pair.Value}"));
            feed.ShouldRefuse(await target.AskAsync(feed, query: query), query, HttpStatusCode.BadRequest);
        }

        target.Written().ShouldBe(before);
        var verifiers = await target.AskAsync(target.Routes.Single(route => route.Path == "/v1/verifiers"));
        verifiers.Json.GetProperty("verifiers").GetArrayLength().ShouldBe(0);
    }

    [Fact]
    public async Task A_query_string_is_nothing_where_none_is_read()
    {
        foreach (var route in target.Routes.Where(
            route => route.Described.Query.Count == 0 && route.Method == "GET" && !route.TakesId))
        {
            route.ShouldAnswer(await target.AskAsync(route, query: "?x=1&x=2&%zz=%ff&y"), "a query");
        }
    }

    // HTTP itself refuses what is no path before any route is looked for; that answer has no body.
    [Fact]
    public async Task An_id_that_cannot_be_one_is_not_found()
    {
        var before = target.Written();
        foreach (var route in target.Routes.Where(route => route.TakesId))
        {
            foreach (var id in Ids)
            {
                var answer = await target.AskAsync(route with { Path = route.Path[..^1] + id });
                if (answer is not { Status: HttpStatusCode.BadRequest, Text: "" })
                {
                    route.ShouldRefuse(answer, id);
                }
            }
        }

        target.Written().ShouldBe(before);
    }
}
