using System.Globalization;
using System.Net.Http.Headers;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Rescind.Verifier.Handshaking;

namespace Rescind.Verifier.Connections.Endpoints;

/// <summary>Marks a route that gives out tickets.</summary>
internal sealed class TicketMetadata;

/// <summary>Gives a ticket to whoever shows a token in the header.</summary>
internal static class TicketEndpoint
{
    public static Task AnswerAsync(HttpContext context)
    {
        var response = context.Response;
        response.Headers.CacheControl = "no-store";
        if (context.Features.Get<IVerdictFeature>() is not { Verdict.IsValid: true, Facts: var facts }
            || !AuthenticationHeaderValue.TryParse(context.Request.Headers.Authorization, out var shown)
            || shown.Parameter is not { } token)
        {
            response.StatusCode = StatusCodes.Status401Unauthorized;
            return Task.CompletedTask;
        }

        var tickets = context.RequestServices.GetRequiredService<ConnectionTickets>();
        if (tickets.Issue(token, TicketCaller.Of(facts)) is not { } ticket)
        {
            response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            response.Headers.RetryAfter = ConnectionTickets.Life.TotalSeconds.ToString("0", CultureInfo.InvariantCulture);
            return Task.CompletedTask;
        }

        // Both are of characters that JSON takes as they are.
        response.ContentType = "application/json";
        return response.WriteAsync(string.Create(
            CultureInfo.InvariantCulture, $"{{\"ticket\":\"{ticket}\",\"expires_in\":{ConnectionTickets.Life.TotalSeconds:0}}}"));
    }
}
