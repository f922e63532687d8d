using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;
using Rescind.Authority.Clients;
using Rescind.Authority.Diagnostics;
using Rescind.Authority.Sessions;
using Rescind.Authority.Stores;

namespace Rescind.Authority.Endpoints;

/// <summary><c>/v1/clients</c>: register, list, remove API clients.</summary>
internal static class ClientsEndpoint
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1/clients", List).RequireScope(Scopes.Admin)
            .Describe(new("The API clients.") { Answer = AuthorityJson.Default.ClientListBody });
        routes.MapPost("/v1/clients", RegisterAsync).RequireScope(Scopes.Admin)
            .Describe(new("Registers a client; its secret is shown this once.")
            {
                Body = AuthorityJson.Default.ClientBody, Status = StatusCodes.Status201Created, Answer = AuthorityJson.Default.ClientBody,
                Failures = [Errors.InvalidClient, Errors.ClientExists],
            });
        routes.MapDelete("/v1/clients/{id}", RemoveAsync).RequireScope(Scopes.Admin)
            .Describe(new("Removes a client; its tokens and sessions end.")
            {
                Status = StatusCodes.Status204NoContent, Failures = [Errors.ClientNotFound, Errors.OwnClient],
            });
    }

    private static Answer<ClientListBody> List(ClientRegistry clients) => new(
        new([.. clients.All.OrderBy(client => client.ClientId, StringComparer.Ordinal).Select(client => BodyOf(client))]),
        AuthorityJson.Default.ClientListBody);

    private static async Task<IResult> RegisterAsync(
        HttpContext context, ClientRegistry clients, IOptions<AuthorityOptions> options, Entropy entropy)
    {
        var read = await StrictJson.ReadAsync(context.Request, AuthorityJson.Default.ClientBody).ConfigureAwait(false);
        if (!read.IsRead)
        {
            return read.Refusal;
        }

        if (ClientRules.Judge(read.Value, options.Value.Development) is { } refusal)
        {
            return refusal;
        }

        var secret = read.Value.Kind == ClientRules.Confidential ? ClientSecret.Create(entropy) : null;
        var record = RecordOf(read.Value, secret);
        return await clients.AddAsync(record, context.Origin, context.RequestAborted).ConfigureAwait(false)
            ? new Answer<ClientBody>(BodyOf(record, secret), AuthorityJson.Default.ClientBody, StatusCodes.Status201Created)
            : Errors.ClientExists.Problem();
    }

    private static async Task<IResult> RemoveAsync(string id, HttpContext context, ClientRegistry clients, LiveSessions sessions)
    {
        if (id == context.Caller.ClientId)
        {
            return Errors.OwnClient.Problem();
        }

        // Its own tokens, and the sessions of people that it refreshes: whoever takes its name later must not go on with them.
        var removed = await clients.RemoveAsync(id, context.Origin, EndAllAsync, context.RequestAborted).ConfigureAwait(false);
        return removed ? TypedResults.NoContent() : Errors.ClientNotFound.Problem();

        Task EndAllAsync() => sessions.EndClientAsync(id, "client removed", context.Origin, CancellationToken.None);
    }

    private static ClientRecord RecordOf(ClientBody body, string? secret) => new()
    {
        ClientId = body.ClientId,
        Kind = secret is null ? ClientKind.Public : ClientKind.Confidential,
        SecretHash = secret is null ? null : ClientSecret.Hash(secret),
        Scopes = body.Scopes ?? [],
        Clients = body.Clients ?? [],
        Issuers = body.Issuers ?? [],
        Origins = body.Origins ?? [],
        LogoutUri = body.BackchannelLogoutUri,
    };

    private static ClientBody BodyOf(ClientRecord record, string? secret = null) => new()
    {
        ClientId = record.ClientId,
        Kind = record.Kind is ClientKind.Public ? ClientRules.Public : ClientRules.Confidential,
        Scopes = record.Scopes,
        Clients = record.Clients,
        Issuers = record.Issuers,
        Origins = record.Origins,
        BackchannelLogoutUri = record.LogoutUri,
        ClientSecret = secret,
    };
}
