using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;
using Rescind.Authority.Clients;
using Rescind.Authority.Diagnostics;
using Rescind.Authority.Sessions;
using Rescind.Authority.Stores;

namespace Rescind.Authority.Endpoints;

/// <summary><c>/v1/clients</c>: register, list, change, remove API clients.</summary>
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
        routes.MapPatch("/v1/clients/{id}", ChangeAsync).RequireScope(Scopes.Admin)
            .Describe(new("Changes what a client may do and where it is told of logouts; its tokens and sessions go on.")
            {
                Body = AuthorityJson.Default.ChangeClientBody, Answer = AuthorityJson.Default.ClientBody,
                Failures = [Errors.InvalidClient, Errors.ClientNotFound, Errors.OwnClient],
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
        var record = RecordOf(read.Value, secret is null ? default(ReadOnlyMemory<byte>?) : ClientSecret.Hash(secret));
        return await clients.AddAsync(record, context.Origin, context.RequestAborted).ConfigureAwait(false)
            ? new Answer<ClientBody>(BodyOf(record, secret), AuthorityJson.Default.ClientBody, StatusCodes.Status201Created)
            : Errors.ClientExists.Problem();
    }

    private static async Task<IResult> ChangeAsync(string id, HttpContext context, ClientRegistry clients, IOptions<AuthorityOptions> options)
    {
        var read = await StrictJson.ReadAsync(context.Request, AuthorityJson.Default.ChangeClientBody).ConfigureAwait(false);
        if (!read.IsRead)
        {
            return read.Refusal;
        }

        if (read.Value == new ChangeClientBody())
        {
            return Errors.InvalidClient.Problem("There is none of scopes, clients, issuers, origins and backchannel_logout_uri.");
        }

        var changed = await clients.ChangeAsync(id, Change, context.Origin, context.RequestAborted).ConfigureAwait(false);
        return changed.IsRead ? new Answer<ClientBody>(BodyOf(changed.Value), AuthorityJson.Default.ClientBody) : changed.Refusal;

        Reading<ClientRecord> Change(ClientRecord record)
        {
            var body = Changed(BodyOf(record), read.Value);
            var after = RecordOf(body, record.SecretHash);
            var refusal = ClientRules.Judge(body, options.Value.Development)
                ?? (id == context.Caller.ClientId && !after.Grants(Scopes.Admin) ? Errors.OwnClient.Problem() : null);
            return refusal is null ? Reading<ClientRecord>.Of(after) : Reading<ClientRecord>.Refused(refusal);
        }
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

    private static ClientBody Changed(ClientBody body, ChangeClientBody change) => body with
    {
        Scopes = change.Scopes ?? body.Scopes,
        Clients = change.Clients ?? body.Clients,
        Issuers = change.Issuers ?? body.Issuers,
        Origins = change.Origins ?? body.Origins,
        BackchannelLogoutUri = change.BackchannelLogoutUri switch { null => body.BackchannelLogoutUri, "" => null, var uri => uri },
    };

    private static ClientRecord RecordOf(ClientBody body, ReadOnlyMemory<byte>? secretHash) => new()
    {
        ClientId = body.ClientId,
        Kind = body.Kind == ClientRules.Public ? ClientKind.Public : ClientKind.Confidential,
        SecretHash = secretHash,
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
