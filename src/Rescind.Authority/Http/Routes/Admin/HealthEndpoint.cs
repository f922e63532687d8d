using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Rescind.Authority.Canaries;
using Rescind.Authority.Diagnostics;
using Rescind.Authority.Feeding;
using Rescind.Authority.Http.Access;
using Rescind.Authority.Http.Output;
using Rescind.Authority.Stores;
using Rescind.Authority.Stores.Sqlite;
using Rescind.Authority.Syntax;

namespace Rescind.Authority.Http.Routes.Admin;

/// <summary>
/// <c>/health/live</c>: the process answers. <c>/health/ready</c>: the store is open, the keys are there, and the log
/// can be read; a second line names the standbys of the store that may lack something. <c>/health</c>: what somebody
/// should look at; always 200, since a client with the scope <c>feed</c> alone could bring it about.
/// </summary>
internal static class HealthEndpoint
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/health/live", (Delegate)Live).AllowAnyone().Describe(new("Whether the process answers."))
            .WithMetadata(new ServedBeforeStart(), new YieldsToTheApplication());
        routes.MapGet("/health/ready", (Delegate)Ready).AllowAnyone().Describe(new("Whether it has started."))
            .WithMetadata(new ServedBeforeStart(), new YieldsToTheApplication());
        routes.MapGet("/health", (Delegate)Notes).AllowAnyone()
            .Describe(new("What an operator should look at.") { Answer = HealthJson.Default.HealthAnswer })
            .WithMetadata(new YieldsToTheApplication());
    }

    private static IResult Notes(HttpContext context)
    {
        List<HealthNote> notes = [];
        if (context.Service<OlderCopyAlarm>().Since is { } raised)
        {
            notes.Add(NoteOf(Errors.OlderCopy, Instant.Text(raised.ToUnixTimeSeconds())));
        }

        if (context.Service<FailoverRecovery>().Since is { } failedOver)
        {
            notes.Add(NoteOf(Errors.FailedOver, Instant.Text(failedOver.ToUnixTimeSeconds())));
        }

        if (context.RequestServices.GetService<SqliteStore>() is { Check.HasFailed: true })
        {
            notes.Add(NoteOf(Errors.DataDamaged, since: null));
        }

        // Anybody may ask, so no client is named: GET /v1/verifiers names it.
        if (context.Service<VerifierRegistry>().Shares.Any(static share => share.Uncounted > 0))
        {
            notes.Add(NoteOf(Errors.PastShareOfVerifiers, since: null));
        }

        if (context.Service<CanaryWatch>().Count()[CanaryLight.Red] > 0)
        {
            notes.Add(NoteOf(Errors.CanaryNotRefused, since: null));
        }

        AddClock(notes, context);
        return Results.Json(new(notes.Count == 0 ? "healthy" : "degraded", notes), HealthJson.Default.HealthAnswer);
    }

    // Ready all the same: the feed goes on, and without it every verifier would refuse everything.
    private static void AddClock(List<HealthNote> notes, HttpContext context)
    {
        var (store, now) = (context.Service<IAuthorityStore>(), context.Service<TimeProvider>().GetUtcNow());
        if (ClockRefusal.Of(context.Service<CommittedLog>().Tail.Head, store.StampingClock, now) is { } refusal)
        {
            notes.Add(NoteOf(refusal.Error, since: null) with { Until = Instant.Text(refusal.Until) });
        }
        else if (store.Newest - now > TimeSpan.FromSeconds(LogHead.MaxClockLag))
        {
            // Somebody logged in while the clock was ahead: what is revoked is recorded, but those tokens are from the future.
            notes.Add(NoteOf(Errors.ClockBehind, since: null) with { Until = Instant.Text(store.Newest) });
        }
        else if (store.StampingClock.SetBy > SteadyClock.Tolerance && store.Clock.Doubt is { } lasts)
        {
            // After a stop nothing is forgotten for a day either, and nobody has to look at that.
            notes.Add(NoteOf(Errors.ClockAhead, since: null) with { Until = Instant.Text(now + lasts) });
        }
    }

    private static HealthNote NoteOf(Error error, string? since) => new(error.Code, error.Title, error.NextStep, since);

    private static IResult Live() => Results.Text("live");

    private static IResult Ready(HttpContext context) => context.Service<StartupState>().IsStarted
        ? Results.Text(ReadyText(context.Service<IAuthorityStore>().Nodes.AsynchronousStandbys))
        : Failures.NotStarted().Problem();

    private static string ReadyText(IReadOnlyList<string> standbys) =>
        standbys.Count == 0 ? "ready" : $"ready\n{Errors.AsynchronousStandby.Sentence($"It is {string.Join(", ", standbys)}.")}";
}

internal sealed record HealthAnswer(string Status, IReadOnlyList<HealthNote> Notes);

internal sealed record HealthNote(string Code, string Title, string NextStep, string? Since)
{
    /// <summary>Until when it lasts, where that is known.</summary>
    public string? Until { get; init; }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(HealthAnswer))]
internal sealed partial class HealthJson : JsonSerializerContext;
