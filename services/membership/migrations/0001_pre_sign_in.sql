-- Short-lived secrets: no event remembers them, and no replay needs them. All time in here is real time.

-- One live code per e-mail address. `email` and `code` are HMACs under the service's secret.
CREATE TABLE sign_in_codes (
    email      bytea       PRIMARY KEY,
    code       bytea       NOT NULL,
    tries_left smallint    NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX sign_in_codes_expiry ON sign_in_codes (expires_at);

-- How often somebody (the HMAC of an e-mail or of a network address) asked for a code within an hour.
CREATE TABLE sign_in_requests (
    who   bytea       PRIMARY KEY,
    hour  timestamptz NOT NULL,
    count int         NOT NULL
);
CREATE INDEX sign_in_requests_hour ON sign_in_requests (hour);

-- A session is one family of refresh tokens; `token` is the hash of the only one that is good.
CREATE TABLE sessions (
    session_id uuid        PRIMARY KEY,
    account_id uuid        NOT NULL,
    token      bytea       NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX sessions_expiry ON sessions (expires_at);
