namespace Rescind.AspNetCore.Identity;

/// <summary>
/// How changes of the users of one type become revocations. Each type has options of its own. Validated at start.
/// </summary>
public sealed class IdentityRevocationOptions
{
    /// <summary>What <c>sub</c> of a user's sessions is. Default: the user's id.</summary>
    public UserSubject Subject { get; set; }

    /// <summary>
    /// What stands before every <see cref="Subject"/> of this type of user: <c>customer:</c>. Default null: nothing.
    /// Required where an application has several types of users, because two of them may have the same id; none may
    /// begin with another one's. An empty text is one that was chosen: the type whose subjects stay as they are, which
    /// has to be <see cref="UserSubject.UserId"/>.
    /// </summary>
    public string? SubjectPrefix { get; set; }

    /// <summary>How many logins of one person live side by side. Default: as many as there are.</summary>
    public SingleSession SingleSession { get; set; }

    /// <summary>
    /// The top-level claim with the names of a user's roles, which verifiers map to roles. Default: <c>role</c>.
    /// </summary>
    public string RoleClaim { get; set; } = "role";

    /// <summary>
    /// The claims of a user, and of the user's roles, that go into tokens, by their type; the others stay at home.
    /// Default: none but the roles.
    /// </summary>
    public ISet<string> Claims { get; } = new HashSet<string>();

    /// <summary>
    /// Whether a lockout that failed logins brought about blocks the sessions of the person, too. Default: false, for
    /// whoever guesses passwords would log the owner out; Identity itself refuses the logins. A lockout that somebody
    /// ordered always blocks.
    /// </summary>
    public bool BlockAfterFailedLogins { get; set; }

    /// <summary>
    /// Whether sessions of subjects that are no users go on, with the claims that they were started with: machines,
    /// guests. Default: false; a session whose user is gone ends with its next refresh, however the user went.
    /// </summary>
    public bool AllowSubjectsThatAreNoUsers { get; set; }
}

/// <summary>Which property of a user is the subject.</summary>
public enum UserSubject : byte
{
    /// <summary>The user's id: never changes, never comes back.</summary>
    UserId = 0,

    /// <summary>The user's name. A change of it ends everything under the old one.</summary>
    UserName = 1,
}

/// <summary>What a login does to the logins before it; never a comparison with a "last login" by accident.</summary>
public enum SingleSession : byte
{
    /// <summary>Nothing: each device has a session of its own.</summary>
    Off = 0,

    /// <summary>The newest login wins: it ends every other session of the person.</summary>
    NewestWins = 1,

    /// <summary>
    /// One session for each device: a login ends the person's earlier one on the same device
    /// (<see cref="DeviceTag.Name"/>).
    /// </summary>
    PerDevice = 2,
}
