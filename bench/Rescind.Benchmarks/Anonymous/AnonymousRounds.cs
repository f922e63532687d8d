using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Rescind.Authority;
using Rescind.Authority.Http.Access;
using Rescind.Authority.Sessions;
using Rescind.Authority.Stores;
using Rescind.Conformance.Hostile;

namespace Rescind.Benchmarks.Anonymous;

/// <summary>
/// What the dearest requests cost that somebody without credentials can send, to an Authority in this process:
/// processor time of the whole process, the sender's part included, and bytes allocated.
/// </summary>
internal static class AnonymousRounds
{
    private const string Cheapest = "GET /health/live, header: none";
    private const string BadSignature = "POST /revoke, body: a genuine token with another signature";

    /// <summary>
    /// Looks at all requests <paramref name="looks"/> times each, then measures the <paramref name="most"/> dearest.
    /// </summary>
    public static async Task RunAsync(int looks, int most, int rounds, int requests)
    {
        Console.WriteLine("| request | CPU, ms | KiB |\n|---|---|---|");
        await using (var authority = await StartAsync("ES256"))
        {
            var all = await RequestsAsync(authority);
            Console.Error.WriteLine($"{all.Count} requests");
            var sender = new Sender(new(authority.Urls.First()));
            var dearest = all.OrderByDescending(request => sender.Measure(request.Value, rounds: 3, looks).Milliseconds)
                .Take(most).Select(one => one.Key);
            foreach (var name in dearest.Append(Cheapest))
            {
                Print(name, sender.Measure(all[name], rounds, requests));
            }
        }

        foreach (var algorithm in (string[])["ES384", "RS256", "PS256"])
        {
            await using var authority = await StartAsync(algorithm);
            var cost = new Sender(new(authority.Urls.First()))
                .Measure((await RequestsAsync(authority))[BadSignature], rounds, requests);
            Print($"{BadSignature}, {algorithm}", cost);
        }
    }

    private static void Print(string name, RequestCost cost) =>
        Console.WriteLine($"| {name} | {cost.Milliseconds:N2} | {cost.KiB:N0} |");

    private static async Task<WebApplication> StartAsync(string algorithm)
    {
        var data = Directory.CreateTempSubdirectory("rescind-anonymous-").FullName;
        var app = AuthorityServer.Create(
            new() { Urls = "http://127.0.0.1:0", Data = data, Issuer = "http://127.0.0.1:7070" }, builder =>
            {
                builder.Logging.ClearProviders();
                builder.Services.Configure<AuthorityOptions>(options => options.SigningAlgorithm = algorithm);
            });
        app.Lifetime.ApplicationStopped.Register(() => Directory.Delete(data, recursive: true));
        await app.StartAsync();
        return app;
    }

    private static async Task<Dictionary<string, byte[]>> RequestsAsync(WebApplication authority)
    {
        var issuer = StrangersRequests.LogoutIssuer(new(authority.Urls.First()));
        await authority.Services.GetRequiredService<IRegistryStore>().SaveIssuerAsync(issuer, AuditContext.System, default);
        var session = await authority.Services.GetRequiredService<ISessions>().StartAsync("alice");
        var places =
            from endpoint in authority.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
                     from method in endpoint.Metadata.GetRequiredMetadata<IHttpMethodMetadata>().HttpMethods
                     let takesForm = endpoint.Metadata.GetRequiredMetadata<RouteAccess>().IsInBody
                     select new Place(method, endpoint.RoutePattern.RawText!.Replace('{', 'x').Replace('}', 'x'), takesForm);
        return StrangersRequests.To(places, session.AccessToken).ToDictionary();
    }
}
