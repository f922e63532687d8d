using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Configuration.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Rescind.Authority.Diagnostics;
using Rescind.Authority.Http.Access;
using Rescind.Authority.Http.Input;
using Rescind.Authority.Http.Output;

namespace Rescind.Authority;

/// <summary>What <c>rescind serve</c> was told; whatever is null comes from configuration.</summary>
public sealed record ServeOptions
{
    /// <summary>The URLs to listen on, separated by semicolons. Default: <c>http://127.0.0.1:7070</c>.</summary>
    public string? Urls { get; init; }

    /// <summary>The data directory. Default: <c>./data</c>.</summary>
    public string? Data { get; init; }

    /// <summary>The issuer. Default: in Development the first URL.</summary>
    public string? Issuer { get; init; }

    /// <summary>
    /// The store: <c>sqlite</c>, which is the default, one of <see cref="Stores"/>, or a URL whose scheme is one of them and
    /// which takes the place of <c>Rescind:ConnectionString</c>.
    /// </summary>
    public string? Store { get; init; }

    /// <summary>
    /// The stores beside <c>sqlite</c> that the program has, by the names that <c>Rescind:Store</c> gives them. None by default.
    /// </summary>
    public IReadOnlyDictionary<string, Action<AuthorityBuilder>> Stores { get; init; } =
        new Dictionary<string, Action<AuthorityBuilder>>();
}

/// <summary>The Authority as a server of its own: configuration, limits, and the refusal to start unsafely.</summary>
public static class AuthorityServer
{
    /// <summary>Where it listens unless told otherwise.</summary>
    public const string DefaultUrl = "http://127.0.0.1:7070";

    internal const string SettingsFile = "appsettings.json";

    /// <summary>
    /// Builds the server; nothing is opened before it starts. Throws <see cref="InvalidOperationException"/> with a
    /// sentence if it would not be safe to start, or if a URL cannot be listened at (RSC1027). Configuration comes from
    /// <c>appsettings.json</c> in the data directory (never in the current folder), then from the environment
    /// (<c>Rescind__Issuer</c>, …), then from <paramref name="options"/>.
    /// </summary>
    /// <param name="options">What was told on the command line; it wins.</param>
    /// <param name="configure">Changes the builder last: logging, tests.</param>
    public static WebApplication Create(ServeOptions options, Action<WebApplicationBuilder>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        var builder = WebApplication.CreateBuilder();
        builder.Configuration.AddInMemoryCollection(Given(options));
        ReadSettingsOfData(builder.Configuration);
        var store = StoreOf(builder.Configuration);
        RefuseOtherStores(store, options.Stores.Keys);
        var urls = UrlsOf(builder.Configuration);
        var limits = builder.Configuration.GetSection("Kestrel:Limits");
        RefuseInvalidLimits(limits);
        builder.WebHost.UseUrls(urls).ConfigureKestrel(kestrel => SetLimits(kestrel, limits));
        var isDevelopment = IsDevelopment(builder, urls);
        builder.Configuration[$"Rescind:{nameof(AuthorityOptions.Development)}"] = isDevelopment ? "true" : "false";
        if (!isDevelopment)
        {
            RequireTls(builder.Configuration, urls);
        }

        Listening.Check(urls);

        // A request's URL is not logged: whoever needs it has the audit trail.
        builder.Logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning);
        var authority = builder.Services.AddRescindAuthority();
        if (store is not null && options.Stores.TryGetValue(store, out var use))
        {
            use(authority);
        }

        configure?.Invoke(builder);
        var app = builder.Build();
        app.Use(static (context, next) => LastOfConnection.SayAfterTooLargeAsync(context, next));
        app.UseStatusCodePages(static pages => AnswerUnmatched(pages.HttpContext));
        app.MapRescind();
        return app;
    }

    /// <summary>
    /// Starts what <see cref="Create"/> built. Throws <see cref="InvalidOperationException"/> with a sentence (RSC1027)
    /// if a URL cannot be listened at; whatever else keeps it from starting is thrown as it is.
    /// </summary>
    public static async Task StartAsync(WebApplication app, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(app);
        try
        {
            await app.StartAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (Listening.Refusal(app.Urls, e) is { } refusal)
        {
            throw refusal;
        }
    }

    // No gate stands before what no route matches, and a development server tells strangers nothing there either.
    private static Task AnswerUnmatched(HttpContext context) =>
        (context.RequestServices.GetRequiredService<DevelopmentGuard>().Authorize(context)
            ?? Failures.OfStatus(context.Response.StatusCode)).Problem().ExecuteAsync(context);

    private static Dictionary<string, string?> Given(ServeOptions options) => new Dictionary<string, string?>
    {
        ["urls"] = options.Urls, ["Rescind:Data"] = options.Data, ["Rescind:Issuer"] = options.Issuer,
        ["Rescind:Store"] = options.Store,
    }.Where(pair => pair.Value is not null).ToDictionary();

    // The current folder may be anybody's, a checkout or a download: a file there could switch off what this server
    // insists on. Whoever writes to the data directory, which holds the master key, decides already.
    private static void ReadSettingsOfData(ConfigurationManager configuration)
    {
        IList<IConfigurationSource> sources = configuration.Sources;
        var strays = sources.OfType<JsonConfigurationSource>().ToList();
        var place = sources.IndexOf(strays[0]);
        strays.ForEach(stray => sources.Remove(stray));
        var data = configuration["Rescind:Data"] ?? AuthorityOptions.DefaultDataDirectory;
        var settings = new JsonConfigurationSource { Path = Path.Combine(Path.GetFullPath(data), SettingsFile), Optional = true };
        settings.ResolveFileProvider();
        sources.Insert(place, settings);

        // A file cannot move the directory that it was read from.
        configuration["Rescind:Data"] = data;
    }

    // Endpoints of Kestrel's own section take the place of urls.
    private static string[] UrlsOf(ConfigurationManager configuration)
    {
        string[] endpoints =
            [.. configuration.GetSection("Kestrel:Endpoints").GetChildren().Select(endpoint => endpoint["Url"] ?? "")];
        return endpoints.Length > 0
            ? endpoints
            : (configuration["urls"] ?? DefaultUrl)
                .Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
    }

    // Headers and request lines past these get 431 and 414 from the server itself. What the operator has set wins:
    // Kestrel itself reads only endpoints and certificates from its section.
    private static void SetLimits(KestrelServerOptions kestrel, IConfigurationSection set)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestHeadersTotalSize = 16 * 1024;
        kestrel.Limits.MaxRequestLineSize = 8 * 1024;
        kestrel.Limits.MaxRequestBodySize = RequestBody.MaxBytes;
        kestrel.Limits.MinResponseDataRate = LongAnswer.Rate;
        kestrel.Limits.MaxConcurrentConnections = OpenFiles.MaxConnections;
        set.Bind(kestrel.Limits);
    }

    private static void RefuseInvalidLimits(IConfigurationSection set)
    {
        try
        {
            set.Bind(new KestrelServerLimits());
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException or TargetInvocationException)
        {
            var fault = (e is TargetInvocationException { InnerException: { } inner } ? inner : e).Message;
            throw Errors.InvalidOptions.ToException($"{set.Path} holds a value that is no such limit: {fault}", e);
        }
    }

    // A URL names the store and where it is.
    private static string? StoreOf(ConfigurationManager configuration)
    {
        var store = configuration["Rescind:Store"];
        if (store?.IndexOf("://", StringComparison.Ordinal) is not (> 0 and var scheme))
        {
            return store;
        }

        configuration["Rescind:ConnectionString"] = store;
        return store[..scheme];
    }

    private static void RefuseOtherStores(string? store, IEnumerable<string> others)
    {
        string[] known = ["sqlite", .. others];
        if (store is not null && !known.Contains(store, StringComparer.Ordinal))
        {
            throw Errors.InvalidOptions.ToException($"Rescind:Store must be one of: {string.Join(", ", known)}.");
        }
    }

    // Only where everything says so: loopback URLs alone, and nothing that a production server would have (secure or
    // refuse to start).
    private static bool IsDevelopment(WebApplicationBuilder builder, string[] urls)
    {
        var declared = Environment.GetEnvironmentVariable("ASPNETCORE_ENVIRONMENT")
            ?? Environment.GetEnvironmentVariable("DOTNET_ENVIRONMENT");
        var issuer = builder.Configuration["Rescind:Issuer"];
        return declared is null or "Development"
            && !builder.Configuration.GetSection("Kestrel").Exists() && !MayServePlainHttp(builder.Configuration)
            && Array.TrueForAll(
                urls, url => Uri.TryCreate(url, UriKind.Absolute, out var parsed) && DevelopmentGuard.IsLoopback(parsed.Host))
            && (issuer is null
                || (Uri.TryCreate(issuer, UriKind.Absolute, out var named) && DevelopmentGuard.IsLoopback(named.Host)));
    }

    private static bool MayServePlainHttp(ConfigurationManager configuration) =>
        configuration.GetValue<bool>($"Rescind:{nameof(AuthorityOptions.AllowPlainHttpBehindReverseProxyThatTerminatesTls)}");

    private static void RequireTls(ConfigurationManager configuration, string[] urls)
    {
        if (!MayServePlainHttp(configuration)
            && !Array.TrueForAll(urls, url => url.StartsWith("https://", StringComparison.OrdinalIgnoreCase)))
        {
            throw Errors.NotSafeToStart.ToException(
                "A URL is not https. Set urls to https ones with a certificate, or, behind a proxy that terminates TLS, "
                + $"Rescind:{nameof(AuthorityOptions.AllowPlainHttpBehindReverseProxyThatTerminatesTls)} to true.");
        }
    }
}
