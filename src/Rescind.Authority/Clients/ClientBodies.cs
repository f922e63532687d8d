using Rescind.Authority.Clients;
using Rescind.Authority.Stores;
using Rescind.Authority.Syntax;

namespace Rescind.Authority.Clients;

/// <summary>Between a client's record and what is said of it.</summary>
internal static class ClientBodies
{
    extension(ClientRecord record)
    {
        public ClientBody ToBody() => new()
        {
            ClientId = record.ClientId,
            Kind = record.Kind is ClientKind.Public ? ClientRules.Public : ClientRules.Confidential,
            Scopes = record.Scopes,
            Clients = record.Clients,
            Issuers = record.Issuers,
            Origins = record.Origins,
            BackchannelLogoutUri = record.LogoutUri,
            Verifiers = record.Verifiers,
        };

        /// <summary>As it is shown in the second <paramref name="now"/>: never with a secret.</summary>
        public ClientBody Shown(long now) => record.ToBody() with
        {
            OldSecretUntil = record.OldSecret is { } old && now < old.Until ? Instant.Text(old.Until) : null,
        };
    }

    extension(ClientBody body)
    {
        /// <summary>The record that it asks for, without any secret.</summary>
        public ClientRecord ToRecord() => new()
        {
            ClientId = body.ClientId,
            Kind = body.Kind == ClientRules.Public ? ClientKind.Public : ClientKind.Confidential,
            Scopes = body.Scopes ?? [],
            Clients = body.Clients ?? [],
            Issuers = body.Issuers ?? [],
            Origins = body.Origins ?? [],
            LogoutUri = body.BackchannelLogoutUri,
            Verifiers = body.Verifiers,
        };

        public ClientBody With(ChangeClientBody change) => body with
        {
            Scopes = change.Scopes ?? body.Scopes,
            Clients = change.Clients ?? body.Clients,
            Issuers = change.Issuers ?? body.Issuers,
            Origins = change.Origins ?? body.Origins,
            BackchannelLogoutUri =
                change.BackchannelLogoutUri switch { null => body.BackchannelLogoutUri, "" => null, var uri => uri },
            Verifiers = change.Verifiers switch { null => body.Verifiers, 0 => null, var share => share },
        };
    }
}
